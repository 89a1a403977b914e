#include <algorithm>

#include "base/version.hpp"
#include "cli/commands/all.hpp"
#include "cli/connect_params.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/duration.hpp"
#include "cli/service_access.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kTimeout{10'000};

/// What the gateway said; every member is empty when it did not answer.
struct Answers {
  json::Object hello;
  json::Object status;
  json::Object health;        ///< With `--deep` only.
  json::Object last_restart;  ///< With `--deep` only.
  Millis latency{0};          ///< Of connecting and shaking hands.
};

struct Overview {
  Target target;
  std::string mode;
  Answers answers;
  std::string error;  ///< Why there are no answers.
  std::vector<config::Issue> issues;
  std::string config_error;  ///< The file cannot be read.
  bool has_config = false;
  std::unique_ptr<service::Manager> manager;
  std::optional<service::Outcome<service::State>> service;
  std::optional<doctor::Findings> findings;  ///< With `--deep` only.

  bool is_reachable() const { return error.empty(); }
};

json::Object object_of(json::Value value) {
  return value.is_object() ? std::move(value.get_object()) : json::Object{};
}

std::expected<Answers, Failure> ask(const Context& cli, const Target& target, bool is_deep,
                                    Instant deadline) {
  Answers answers;
  const Instant begun = platform::now();
  auto client = open_probe(cli, target, scopes_for("status"), deadline);
  if (!client) return std::unexpected(std::move(client).error());
  answers.latency = std::chrono::duration_cast<Millis>(platform::now() - begun);
  answers.hello = client->hello();
  auto status = client->call("status", nullptr, deadline);
  if (!status) return std::unexpected(std::move(status).error());
  answers.status = object_of(*std::move(status));
  if (is_deep) {
    auto health = client->call("health", json::Object{{"probe", true}}, deadline);
    if (!health) return std::unexpected(std::move(health).error());
    answers.health = object_of(*std::move(health));
    // Only our own gateway knows this method.
    if (auto history = client->call("gateway.restart.history", json::Object{{"limit", 1}}, deadline)) {
      const json::Object all = object_of(*std::move(history));
      const json::Array* restarts = json::array_at(all, "restarts");
      if (restarts && !restarts->empty()) answers.last_restart = object_of(restarts->front());
    }
  }
  client->close();
  return answers;
}

const json::Object& part(const json::Object& object, std::string_view key) {
  static const json::Object kNothing;
  const json::Object* found = json::object_at(object, key);
  return found ? *found : kNothing;
}

std::string runtime_of(const Overview& overview) {
  if (!overview.service) return "not looked at";
  if (!*overview.service) return "unknown: " + overview.service->error().text;
  const service::State& state = **overview.service;
  if (!state.is_installed) return "not installed";
  std::string text = state.is_running() ? "running" : "stopped";
  if (!state.active_state.empty()) text += " (" + state.active_state + ", " + state.sub_state + ")";
  return text + (state.is_enabled ? "" : ", disabled");
}

json::Object gateway_json(const Overview& overview) {
  json::Object gateway{{"mode", overview.mode},
                       {"url", overview.target.url},
                       {"urlSource", overview.target.source},
                       {"reachable", overview.is_reachable()},
                       {"connectLatencyMs", nullptr},
                       {"self", nullptr},
                       {"error", nullptr}};
  if (!overview.is_reachable()) {
    gateway["error"] = overview.error;
    return gateway;
  }
  gateway["connectLatencyMs"] = overview.answers.latency.count();
  gateway["self"] = part(overview.answers.hello, "server");
  gateway["uptimeMs"] = json::int_or(part(overview.answers.hello, "snapshot"), "uptimeMs", 0);
  return gateway;
}

json::Object service_part(const Overview& overview) {
  const bool is_known = overview.service && *overview.service;
  json::Object all{
      {"label", overview.manager ? json::Value(overview.manager->label()) : json::Value(nullptr)},
      {"installed", is_known ? json::Value((*overview.service)->is_installed) : json::Value(nullptr)},
      {"loaded", is_known && (*overview.service)->is_enabled},
      {"runtimeShort", runtime_of(overview)}};
  if (overview.manager) all["unit"] = overview.manager->unit();
  return all;
}

json::Object config_part(const Context& cli, const Overview& overview) {
  json::Array issues;
  for (const config::Issue& issue : overview.issues)
    issues.push_back({{"path", issue.path}, {"message", issue.message}});
  if (!overview.config_error.empty()) issues.push_back({{"path", ""}, {"message", overview.config_error}});
  return {{"path", cli.paths.config_file.string()},
          {"exists", overview.has_config},
          {"valid", issues.empty()},
          {"issues", issues}};
}

json::Object document(const Context& cli, const Overview& overview) {
  json::Object all = overview.answers.status;  // Its keys stand at the root.
  all["cli"] = {{"version", kVersion}};
  all["gateway"] = gateway_json(overview);
  all["gatewayService"] = service_part(overview);
  all["config"] = config_part(cli, overview);
  if (!overview.findings) return all;
  if (overview.is_reachable()) {
    all["health"] = overview.answers.health;
    all["lastRestart"] = overview.answers.last_restart.empty() ? json::Value(nullptr)
                                                               : json::Value(overview.answers.last_restart);
  }
  json::Array findings;
  for (const doctor::Finding& finding : *overview.findings) {
    findings.push_back({{"code", finding.code}, {"message", finding.message}});
  }
  all["doctor"] = {{"findings", std::move(findings)}};
  return all;
}

std::string count_text(std::int64_t count, const std::string& what) {
  return std::to_string(count) + " " + what;
}

void print_answers(Output& out, const Answers& answers) {
  const json::Object& status = answers.status;
  const std::int64_t uptime = json::int_or(part(answers.hello, "snapshot"), "uptimeMs", 0);
  out.row("Version", printable(json::text_or(part(answers.hello, "server"), "version")) + ", generation " +
                         std::to_string(json::int_or(part(status, "generation"), "number", 0)) + ", up " +
                         duration_text(Millis{uptime}));
  out.row("Sessions", std::to_string(json::int_or(part(status, "sessions"), "count", 0)));
  const json::Object& queue = part(status, "queue");
  out.row("Queue", count_text(json::int_or(queue, "running", 0), "running, ") +
                       count_text(json::int_or(queue, "waiting", 0), "waiting"));
  out.row("Tasks", count_text(json::int_or(part(status, "tasks"), "active", 0), "running"));
  out.row("Restart", printable(json::text_or(part(status, "restart"), "phase", "unknown")));
  if (const json::Object* loop = json::object_at(status, "crashLoop")) {
    out.row("Crash loop",
            out.bad("yes") + ": " +
                count_text(json::int_or(*loop, "uncleanStarts", 0), "unclean starts; work is held for ") +
                duration_text(Millis{json::int_or(*loop, "heldForMs", 0)}));
  } else {
    out.row("Crash loop", "no");
  }
  if (!answers.last_restart.empty()) {
    out.row("Last restart", printable(json::text_or(answers.last_restart, "outcome", "under way")) + " (" +
                                printable(json::text_or(answers.last_restart, "reason")) + ")");
  }
}

void print(const Context& cli, const Overview& overview) {
  Output& out = cli.out;
  out.row("Gateway", (overview.is_reachable() ? out.good("reachable") : out.bad("not reachable")) + "  " +
                         overview.target.url + " (" + overview.target.source + ")");
  if (overview.is_reachable()) {
    print_answers(out, overview.answers);
  } else {
    out.line("  " + printable(overview.error));
  }
  if (overview.manager) {
    out.row("Service",
            overview.manager->label() + " " + overview.manager->unit() + ": " + runtime_of(overview));
  }
  std::string config = cli.paths.config_file.string();
  if (!overview.config_error.empty()) {
    config += " (" + overview.config_error + ")";
  } else if (!overview.issues.empty()) {
    config += " (" + out.bad("invalid") + ")";
  } else {
    config += overview.has_config ? " (valid)" : " (missing)";
  }
  out.row("Config", config);
  for (const config::Issue& issue : overview.issues) out.line("  - " + issue.path + ": " + issue.message);
  if (!overview.findings) return;
  const auto problems = std::ranges::count_if(
      *overview.findings, [](const doctor::Finding& f) { return f.severity != doctor::Severity::Info; });
  out.row("Doctor", problems == 0 ? "nothing is wrong"
                                  : count_text(problems, problems == 1 ? "problem" : "problems") +
                                        "; see: openclaw doctor");
}

int run(Context& cli, const Args& args) {
  const auto timeout = timeout_of(args, kTimeout);
  if (!timeout) return cli.out.problem(timeout.error());
  const TargetInput input = target_input(cli, args);
  const auto target = resolve_target(input);
  if (!target) return cli.out.problem(target.error());
  tell_target(cli, args, *target);
  const bool is_deep = args.has("--deep");
  Overview overview{.target = *target,
                    .mode = input.config.mode.empty() ? "local" : input.config.mode,
                    .has_config = input.config.file_exists};
  const Instant deadline = platform::now() + *timeout;
  auto answers = again_after_hand_over([&] { return ask(cli, *target, is_deep, deadline); });
  if (answers) {
    overview.answers = *std::move(answers);
  } else {
    const Failure& failure = answers.error();
    overview.error = failure.reason.empty() ? failure.message : failure.message + ": " + failure.reason;
  }
  if (auto loaded = config::load(cli.paths, cli.environment)) {
    overview.issues = std::move(loaded->issues);
  } else {
    overview.config_error = loaded.error().message;
  }
  if (overview.mode != "remote") {
    overview.manager = service_manager(cli);
    overview.service = overview.manager->state();
  }
  if (is_deep) overview.findings = doctor::examine(doctor::gather(cli));
  cli.out.document(document(cli, overview));
  if (!cli.out.is_json()) print(cli, overview);
  return 0;
}

}  // namespace

Command status_command() {
  return {.path = "status",
          .summary = "Show gateway, work, service and configuration at a glance",
          .details = R"(
            Works with the gateway down, too. Exit code 0 whatever it finds, 1 for a bad option.

            JSON: the members of the method `status` (`runtimeVersion`, `sessions`, `tasks`, `queue`, `restart`,
            `crashLoop`, `generation` and more) when the gateway answered, and always `cli{version}`,
            `gateway{mode, url, urlSource, reachable, connectLatencyMs, self, error, uptimeMs?}`,
            `gatewayService{label, unit?, installed, loaded, runtimeShort}` and
            `config{path, exists, valid, issues[]}`. With `--deep` also `health`, `lastRestart` and
            `doctor{findings[{code, message}]}`.)",
          .options = connection_options(
              {{"--deep", "", "Also ask for health and the last restart, and examine as doctor does"}}),
          .examples = {"openclaw status", "openclaw status --deep --json"},
          .run = run};
}

}  // namespace gw::cli
