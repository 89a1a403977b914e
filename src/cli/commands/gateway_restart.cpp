#include "cli/commands/all.hpp"
#include "cli/connect_params.hpp"
#include "cli/duration.hpp"
#include "cli/restart_follow.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kRequestLimit{10'000};
constexpr Millis kHealthLimit{60'000};  // Beyond the time that running work is given.

json::Object service_json() {
  return {{"label", "foreground process"},
          {"loaded", false},
          {"loadedText", "enabled"},
          {"notLoadedText", "disabled"}};
}

/// Nothing when the options go together.
std::optional<std::string> conflict(const Args& args) {
  const bool safe = args.has("--safe");
  const bool force = args.has("--force");
  const auto wait = args.text("--wait");
  if (safe && force) return "--safe cannot be combined with --force; omit --safe to force restart now";
  if (safe && wait) return "--safe cannot be combined with --wait; safe restart uses gateway deferral";
  if (force && wait) return "--force cannot be combined with --wait";
  if (args.has("--skip-deferral") && !safe) return "--skip-deferral requires --safe";
  if (wait && !parse_duration(*wait)) {
    return "invalid --wait value \"" + *wait + "\"; use milliseconds or a duration such as 30s, 5m or 1h30m";
  }
  return std::nullopt;
}

std::string safe_message(std::string_view status, bool skips) {
  if (status == "coalesced") return "safe restart request joined an existing pending gateway restart";
  if (status == "deferred") return "safe restart requested; gateway will restart after active work drains";
  if (skips) {
    return "safe restart requested; gateway bypassing active-work deferral; shutdown may still wait for "
           "pending "
           "replies to drain";
  }
  return "safe restart requested; gateway will restart momentarily";
}

int restart_safely(Context& cli, const Args& args) {
  const auto target = resolve_target(target_input(cli, args));
  if (!target) return cli.out.problem(target.error());
  const Instant deadline = platform::now() + kRequestLimit;
  auto client = open_session(cli, *target, scopes_for("gateway.restart.request"), deadline);
  if (!client) return cli.out.problem(client.error());
  const bool skips = args.has("--skip-deferral");
  json::Object params{{"reason", "gateway.restart.safe"}};
  if (skips) params["skipDeferral"] = true;
  const auto answer = client->call("gateway.restart.request", params, deadline);
  client->close();
  if (!answer) return cli.out.problem(answer.error());
  const json::Object empty;
  const json::Object& result = answer->is_object() ? answer->get_object() : empty;
  const json::Object* preflight = json::object_at(result, "preflight");
  const bool is_blocked = preflight && !json::bool_or(*preflight, "safe", true);
  const std::string summary(preflight ? json::text_or(*preflight, "summary") : "");
  const std::string_view status = json::text_or(result, "status");
  const std::string message = safe_message(status, skips);

  json::Object document{{"ok", json::bool_or(result, "ok", false)}, {"result", status}, {"message", message}};
  for (const char* key : {"preflight", "restart"}) {
    if (const json::Value* part = result.if_contains(key)) document[key] = *part;
  }
  if (is_blocked) document["warnings"] = json::Array{json::Value(summary)};
  cli.out.document(document);
  cli.out.line(message);
  if (is_blocked && !cli.out.is_json()) cli.out.note("warning: " + summary);
  return 0;
}

int not_running(Context& cli) {
  const std::string message = "no running gateway was found for " + cli.paths.state_dir.string();
  const std::string hint = "openclaw gateway run";
  if (!cli.out.is_json()) return cli.out.problem(cli_failure(message, hint));
  cli.out.document(json::Object{{"action", "restart"},
                                {"ok", false},
                                {"result", "not-loaded"},
                                {"error", message},
                                {"hints", json::Array{json::Value(hint)}},
                                {"service", service_json()}});
  return 1;
}

/// The report of a restart that was asked for.
int report(Context& cli, const std::string& sent, const std::optional<RestartEnd>& end,
           const std::string& problem) {
  const bool is_good = problem.empty();
  json::Object document{{"action", "restart"},
                        {"ok", is_good},
                        {"result", is_good ? "restarted" : "restart-health-failed"},
                        {"message", is_good ? sent : problem},
                        {"service", service_json()}};
  if (!is_good) document["error"] = problem;
  if (end) document["restart"] = end->record;
  cli.out.document(document);
  if (is_good) {
    cli.out.line(sent);
    if (end) {
      const std::int64_t gap = json::int_or(end->record, "gapMs", 0);
      cli.out.line("Gateway restarted; clients waited " + std::to_string(gap) + " ms.");
    }
    return 0;
  }
  if (!cli.out.is_json()) cli.out.note(cli.out.bad("error: ") + problem);
  return 1;
}

json::Object intent_of(const Args& args) {
  if (args.has("--force")) return {{"force", true}};
  if (const auto wait = args.text("--wait")) return {{"waitMs", parse_duration(*wait)->count()}};
  return {};
}

/// How long running work may take before the restart begins; nothing: without limit.
std::optional<Millis> drain_budget(const Args& args, const config::Config& config) {
  if (args.has("--force")) return Millis{0};
  const auto wait = args.text("--wait");
  const Millis budget = wait ? *parse_duration(*wait) : config.deferral_limit;
  return budget == Millis{0} ? std::nullopt : std::optional(budget);
}

int restart_directly(Context& cli, const Args& args) {
  const auto owner = platform::live_lock_owner(cli.paths.lock_file());
  if (!owner) return not_running(cli);
  TargetInput input = target_input(cli, args);
  input.url_flag.reset();
  input.port_flag = std::to_string(owner->port);
  const auto target = resolve_target(input);
  if (!target) return cli.out.problem(target.error());
  const auto connect = [&](const char* method) {
    return open_session(cli, *target, scopes_for(method), platform::now() + kRequestLimit);
  };
  auto client = connect("gateway.restart.request");
  if (!client) return cli.out.problem(client.error());
  const json::Object params{
      {"reason", "gateway.restart"},
      {"target", {{"pid", owner->process.pid}, {"ownerId", owner->owner_id}, {"port", owner->port}}},
      {"restartIntent", intent_of(args)}};
  const auto answer = client->call("gateway.restart.request", params, platform::now() + kRequestLimit);
  if (!answer) return cli.out.problem(answer.error());
  const std::string id(answer->is_object() ? json::text_or(answer->get_object(), "id") : "");
  const std::string sent = "Gateway restart request sent to foreground process on port " +
                           std::to_string(owner->port) + ": " + std::to_string(owner->process.pid) + ".";

  const auto budget = drain_budget(args, input.config);
  const auto limit = budget ? std::optional(*budget + kHealthLimit) : std::nullopt;
  const auto deadline = limit ? std::optional(platform::now() + *limit) : std::nullopt;
  const auto end =
      follow_restart([&] { return connect("gateway.restart.status"); }, std::move(*client), id, deadline,
                     [&](const std::string& phase) {
                       if (!cli.out.is_json()) cli.out.note("restart: " + phase);
                     });
  if (!end) return cli.out.problem(end.error());
  if (!*end) {
    return report(cli, sent, std::nullopt,
                  "Gateway restart timed out after " + std::to_string(limit->count() / 1000) +
                      "s waiting for health checks.");
  }
  const RestartEnd& result = **end;
  if (result.outcome == "restarted") return report(cli, sent, result, "");
  return report(cli, sent, result,
                "Gateway restart " + result.outcome + (result.failure.empty() ? "." : ": " + result.failure));
}

int run(Context& cli, const Args& args) {
  if (const auto problem = conflict(args)) return cli.out.problem(cli_failure(*problem));
  return args.has("--safe") ? restart_safely(cli, args) : restart_directly(cli, args);
}

}  // namespace

Command gateway_restart_command(std::string_view path) {
  return {.path = path,
          .summary = "Restart the running gateway",
          .options = {{"--safe", "", "Once running work has ended; returns when it is scheduled"},
                      {"--skip-deferral", "", "With --safe: do not wait for running work"},
                      {"--force", "", "Now; work that is cut resumes afterwards"},
                      {"--wait", "<duration>", "Give running work this long (30s, 5m, 1h30m; 0: no limit)"},
                      {"--token", "<token>", "Shared token"},
                      {"--password", "<password>", "Shared password"},
                      {"--json", "", "Print one JSON document"}},
          .run = run};
}

}  // namespace gw::cli
