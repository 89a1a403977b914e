#include <algorithm>

#include "base/version.hpp"
#include "cli/commands/all.hpp"
#include "cli/connect_params.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"
#include "platform/port_owner.hpp"

namespace gw::cli {
namespace {

constexpr Millis kTimeout{10'000};

/// Everything that the report is made of.
struct Facts {
  TargetInput input;
  std::optional<Target> target;
  std::optional<platform::LockOwner> owner;
  std::vector<config::Issue> issues;
  std::vector<platform::PortOwner> listeners;
  std::uint16_t port = 0;
  bool is_probed = false;
  json::Object rpc;  ///< Of the probe.
};

std::string_view capability_of(const json::Object& auth) {
  std::string_view best = "connected_no_operator_scope";
  const json::Array* scopes = json::array_at(auth, "scopes");
  if (!scopes) return "unknown";
  const auto has = [&](std::string_view name) {
    return std::any_of(scopes->begin(), scopes->end(), [&](const json::Value& s) {
      return s.is_string() && json::view(s.get_string()) == name;
    });
  };
  if (has("operator.read")) best = "read_only";
  if (has("operator.write")) best = "write_capable";
  if (has("operator.admin")) best = "admin_capable";
  return best;
}

/// A connection that has proved, when it `reads`, that it can.
std::expected<Client, Failure> connect(Context& cli, const Target& target, bool reads, Instant deadline) {
  if (reads) {
    auto client = open_session(cli, target, scopes_for("status"), deadline);
    if (!client) return client;
    auto status = client->call("status", nullptr, deadline);
    if (!status) return std::unexpected(std::move(status).error());
    return client;
  }
  // A probe never makes a device key nor asks for a pairing.
  return Client::connect(target, {.client_id = "cli", .mode = "probe", .scopes = {}, .device = {}}, deadline);
}

json::Object probe(Context& cli, const Target& target, bool reads, Millis timeout) {
  json::Object rpc{
      {"ok", false}, {"kind", reads ? "read" : "connect"}, {"capability", "unknown"}, {"url", target.url}};
  const auto failed = [&](const Failure& failure) {
    rpc["error"] = failure.reason.empty() ? failure.message : failure.message + ": " + failure.reason;
    if (failure.code == "NOT_PAIRED") rpc["capability"] = "pairing_pending";
    return rpc;
  };
  const Instant deadline = platform::now() + timeout;
  auto client = again_after_hand_over([&] { return connect(cli, target, reads, deadline); });
  if (!client) return failed(client.error());
  const json::Object& hello = client->hello();
  if (const json::Object* auth = json::object_at(hello, "auth")) {
    const std::string_view capability = capability_of(*auth);
    rpc["capability"] = capability;
    rpc["auth"] = {{"role", json::text_or(*auth, "role")}, {"capability", capability}};
    if (const json::Array* scopes = json::array_at(*auth, "scopes"))
      rpc["auth"].get_object()["scopes"] = *scopes;
  }
  if (const json::Object* server = json::object_at(hello, "server")) {
    rpc["server"] = *server;
    rpc["version"] = json::text_or(*server, "version");
  }
  if (reads) {
    if (auto status = client->call("status", nullptr, deadline); !status) return failed(status.error());
  }
  client->close();
  rpc["ok"] = true;
  return rpc;
}

json::Object config_json(const Context& cli, const Facts& facts) {
  json::Object config{{"path", cli.paths.config_file.string()},
                      {"exists", facts.input.config.file_exists},
                      {"valid", facts.issues.empty()}};
  if (facts.issues.empty()) return config;
  json::Array issues;
  for (const config::Issue& issue : facts.issues) {
    issues.push_back({{"path", issue.path}, {"message", issue.message}});
  }
  config["issues"] = std::move(issues);
  return config;
}

json::Object service_json(const Facts& facts) {
  json::Object runtime{{"status", facts.owner ? "running" : "stopped"}};
  if (facts.owner) runtime["pid"] = facts.owner->process.pid;
  return {{"label", "foreground process"}, {"loaded", false},    {"loadedText", "enabled"},
          {"notLoadedText", "disabled"},   {"command", nullptr}, {"runtime", std::move(runtime)}};
}

json::Object port_json(const Facts& facts) {
  json::Array listeners;
  for (const platform::PortOwner& owner : facts.listeners) {
    listeners.push_back({{"pid", owner.pid}, {"command", owner.name}});
  }
  return {{"port", facts.port},
          {"status", facts.listeners.empty() && !facts.owner ? "free" : "busy"},
          {"listeners", std::move(listeners)},
          {"hints", json::Array{}}};
}

std::string port_source(const Facts& facts) {
  if (facts.input.port_flag) return "cli";
  return facts.owner && facts.port == facts.owner->port ? "service args" : "env/config";
}

std::string log_file(const Context& cli, const Facts& facts) {
  const auto& file = facts.input.config.log_file;
  return (file.empty() ? cli.paths.log_dir() : file).string();
}

json::Object document(const Context& cli, const Facts& facts) {
  const config::Config& config = facts.input.config;
  const json::Object config_part = config_json(cli, facts);
  json::Object all{{"cli", {{"version", kVersion}}},
                   {"logFile", log_file(cli, facts)},
                   {"service", service_json(facts)},
                   {"config", {{"cli", config_part}, {"daemon", config_part}}},
                   {"gateway",
                    {{"bindMode", config.bind_host.starts_with("127.") ? "loopback" : "custom"},
                     {"bindHost", config.bind_host},
                     {"port", facts.port},
                     {"portSource", port_source(facts)},
                     {"probeUrl", facts.target ? facts.target->url : ""}}},
                   {"port", port_json(facts)}};
  if (facts.is_probed) {
    all["rpc"] = facts.rpc;
    all["health"] = {{"healthy", json::bool_or(facts.rpc, "ok", false)}, {"staleGatewayPids", json::Array{}}};
  }
  all["extraServices"] = json::Array{};
  return all;
}

void print(Context& cli, const Facts& facts) {
  Output& out = cli.out;
  const config::Config& config = facts.input.config;
  out.row("Service", "foreground process (no service manager)");
  out.row("Logs", log_file(cli, facts));
  out.row("Config", cli.paths.config_file.string() + (config.file_exists ? "" : " (missing)") +
                        (facts.issues.empty() ? "" : " (invalid)"));
  for (const config::Issue& issue : facts.issues) out.line("  - " + issue.path + ": " + issue.message);
  out.row("Gateway", "bind " + config.bind_host + ", port " + std::to_string(facts.port) + " (" +
                         port_source(facts) + ")");
  out.row("Runtime", facts.owner ? out.good("running") + " (pid " + std::to_string(facts.owner->process.pid) +
                                       ", version " + facts.owner->version + ")"
                                 : "stopped");
  if (facts.is_probed) {
    const bool is_ok = json::bool_or(facts.rpc, "ok", false);
    const bool reads = json::text_or(facts.rpc, "kind") == "read";
    out.row(reads ? "Read probe" : "Probe", (is_ok ? out.good("ok") : out.bad("failed")) + "  " +
                                                std::string(json::text_or(facts.rpc, "url")));
    if (!is_ok) out.line("  " + std::string(json::text_or(facts.rpc, "error")));
    std::string capability(json::text_or(facts.rpc, "capability"));
    std::replace(capability.begin(), capability.end(), '_', '-');
    out.row("Capability", capability);
  }
  for (const platform::PortOwner& owner : facts.listeners) {
    out.row("Listener", "pid " + std::to_string(owner.pid) + " (" + owner.name + ")");
  }
  if (!facts.owner) out.line("Start it with: openclaw gateway run");
}

int run(Context& cli, const Args& args) {
  const bool reads = args.has("--require-rpc");
  if (reads && args.has("--no-probe")) {
    return cli.out.problem(cli_failure("--require-rpc cannot be combined with --no-probe"));
  }
  const auto timeout = timeout_of(args, kTimeout);
  if (!timeout) return cli.out.problem(timeout.error());
  Facts facts;
  facts.input = target_input(cli, args);
  facts.input.is_probe = true;
  const auto target = resolve_target(facts.input);
  if (!target) return cli.out.problem(target.error());
  facts.target = *target;
  facts.port = target->port;
  facts.owner = platform::live_lock_owner(cli.paths.lock_file());
  facts.listeners = platform::port_owners(facts.port);
  if (auto loaded = config::load(cli.paths, cli.environment)) facts.issues = std::move(loaded->issues);
  facts.is_probed = !args.has("--no-probe");
  if (facts.is_probed) facts.rpc = probe(cli, *target, reads, *timeout);
  cli.out.document(document(cli, facts));
  if (!cli.out.is_json()) print(cli, facts);
  return reads && !json::bool_or(facts.rpc, "ok", false) ? 1 : 0;
}

std::vector<Option> options() {
  std::vector<Option> all{{"--require-rpc", "", "Exit 1 unless the gateway answers a read"},
                          {"--no-probe", "", "Do not connect"},
                          {"--deep", "", "Accepted; there is nothing more to look at"}};
  for (const Option& option : connection_options()) all.push_back(option);
  return all;
}

}  // namespace

Command gateway_status_command() {
  return {.path = "gateway status",
          .summary = "Show whether the gateway runs and answers",
          .details = R"(
            Exit code 0, whatever was found; with `--require-rpc` 1 when the gateway does not answer `status`. A
            plain probe never makes a device key and needs no credentials for `--url`.)",
          .options = options(),
          .examples = {"openclaw gateway status", "openclaw gateway status --require-rpc --json"},
          .run = run};
}

}  // namespace gw::cli
