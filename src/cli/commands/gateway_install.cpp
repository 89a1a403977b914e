#include <algorithm>
#include <unistd.h>

#include "base/text.hpp"
#include "cli/commands/all.hpp"
#include "cli/config_change.hpp"
#include "cli/service_access.hpp"
#include "cli/service_definition.hpp"
#include "cli/values.hpp"
#include "config/env_files.hpp"
#include "platform/file_edit.hpp"
#include "service/systemd_manager.hpp"

namespace gw::cli {
namespace {

constexpr std::string_view kName = "install";
constexpr Millis kOtherInstallLimit{60'000};  // One that waits for its gateway to serve has a minute itself.

struct Plan {
  std::uint16_t port = 0;
  std::optional<std::filesystem::path> wrapper;
};

Action blocked(std::string message, std::vector<service::Hint> hints = {}) {
  return {.name = kName, .is_ok = false, .message = std::move(message), .hints = std::move(hints)};
}

const json::Object* auth_of(const config::Config& config) {
  const json::Object* root = config.source.if_object();
  const json::Object* gateway = root ? json::object_at(*root, "gateway") : nullptr;
  return gateway ? json::object_at(*gateway, "auth") : nullptr;
}

/// Something that this installation must not, or cannot, be done for.
std::optional<Action> refusal(const Context& cli, const Args& args, const config::Config& config,
                              const service::Manager& manager) {
  const auto value = [&](const char* name) { return cli.environment(name).value_or(""); };
  if (is_nix_mode(cli)) {
    return blocked("OPENCLAW_NIX_MODE is set: the service is managed elsewhere");
  }
  const bool has_system_scope = manager.system() == platform::ServiceSystem::Systemd;
  if (args.has("--system") && !has_system_scope)
    return blocked("--system is for systemd: a " + manager.label() + " belongs to one user");
  const bool is_sudo = ::geteuid() == 0 && !value("SUDO_USER").empty() && value("SUDO_USER") != "root";
  if (is_sudo && !args.has("--system")) {
    std::vector<service::Hint> hints{{"generic", "without sudo: openclaw gateway install"}};
    if (has_system_scope)
      hints.push_back({"generic", "for the whole system: sudo openclaw gateway install --system"});
    return blocked("this would install the service of root, not of " + value("SUDO_USER"), std::move(hints));
  }
  if (args.has("--system") && ::geteuid() != 0) {
    return blocked("a system service can only be installed by root",
                   {{"generic", "sudo openclaw gateway install --system"}});
  }
  if (!config.mode.empty() && config.mode != "local") {
    return blocked("gateway.mode is \"" + config.mode + "\": a gateway would not start here",
                   {{"generic", "openclaw config set gateway.mode local"}});
  }
  if (args.has("--system")) {
    const std::string owner = owner_of(cli.paths.state_dir);
    std::error_code error;
    const bool is_there = std::filesystem::is_directory(cli.paths.state_dir, error);
    const std::string user = is_sudo ? value("SUDO_USER") : owner;
    if ((is_sudo && owner == "root") || (!is_there && owner != "root")) {
      return blocked("the state directory " + cli.paths.state_dir.string() +
                         (is_there ? " is root's, so the gateway would run as root" : " is not there yet"),
                     {{"generic", "as " + user + ": openclaw config set gateway.mode local"},
                      {"generic", "then: sudo OPENCLAW_STATE_DIR=~" + user +
                                      "/.openclaw openclaw gateway install --system"}});
    }
  }
  const json::Object* auth = auth_of(config);
  const bool is_ambiguous =
      auth && !auth->contains("mode") && auth->contains("token") && auth->contains("password");
  if (is_ambiguous) {
    return blocked("a token and a password are both configured and gateway.auth.mode is unset",
                   {{"generic", "openclaw config set gateway.auth.mode token"},
                    {"generic", "openclaw config set gateway.auth.mode password"}});
  }
  return std::nullopt;
}

std::expected<Plan, Action> plan_of(const Context& cli, const Args& args, const config::Config& config) {
  Plan plan{.port = config.port, .wrapper = {}};
  if (const auto text = args.text("--port")) {
    const auto port = parse_port(*text, false);
    if (!port) return std::unexpected(blocked("Invalid port"));
    plan.port = *port;
  }
  const std::string wrapper =
      args.text("--wrapper").value_or(cli.environment("OPENCLAW_WRAPPER").value_or(""));
  if (!wrapper.empty()) {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::absolute(wrapper, error);
    if (!std::filesystem::is_regular_file(path, error) || ::access(path.c_str(), X_OK) != 0) {
      return std::unexpected(blocked("the wrapper " + wrapper + " is not an executable file"));
    }
    plan.wrapper = path;
  }
  const std::string runtime = args.text("--runtime").value_or("node");
  if (runtime != "node" && runtime != "bun")
    return std::unexpected(blocked("Invalid --runtime (use \"node\" or \"bun\")"));
  return plan;
}

bool has_secret(const Context& cli, const config::Config& config, const char* key, const char* variable) {
  const json::Object* auth = auth_of(config);
  return (auth && auth->contains(key)) || !cli.environment(variable).value_or("").empty();
}

/// A fresh service must be able to start: this machine's role, and a secret that outlives the shell.
std::expected<void, Failure> prepare_config(Context& cli, const Args& args, const config::Config& config,
                                            std::uint16_t port, Action& action) {
  const auto set = [&](const std::vector<std::string>& names, const json::Value& value) {
    return set_config(cli, names, value);
  };
  if (args.has("--port") && port != config.port) {
    if (auto done = set({"gateway", "port"}, port); !done) return std::unexpected(done.error());
    action.warnings.push_back("gateway.port is " + std::to_string(port) + " now, as the service has it");
  }
  if (config.mode.empty()) {
    if (auto done = set({"gateway", "mode"}, "local"); !done) return std::unexpected(done.error());
    action.warnings.push_back("gateway.mode was not set; it is \"local\" now");
  }
  if (const auto token = args.text("--token")) {
    if (auto done = set({"gateway", "auth", "token"}, json::Value(*token)); !done)
      return std::unexpected(done.error());
    return {};
  }
  const bool has_token = has_secret(cli, config, "token", "");
  const bool has_password = has_secret(cli, config, "password", "OPENCLAW_GATEWAY_PASSWORD");
  if (config.auth_mode != config::AuthMode::Token || has_token || has_password) return {};
  if (auto done = set({"gateway", "auth", "token"}, json::Value(new_token())); !done)
    return std::unexpected(done.error());
  action.warnings.push_back("no gateway token was configured; a generated one is in gateway.auth.token now");
  return {};
}

/// Where a variable belongs that the service needs.
std::string place_for(const std::string& name, const service::Definition& wanted,
                      platform::ServiceSystem system) {
  if (system == platform::ServiceSystem::TaskScheduler) return "set it for your account: setx " + name + " …";
  const bool is_script = system == platform::ServiceSystem::Launchd;
  return "put " + (is_script ? "export " + name + "='…'" : name + "=…") + " into " +
         wanted.environment_file.string() + " (mode 0600)";
}

void warn(Context& cli, const Args& args, const config::Config& config, service::Manager& manager,
          const service::Definition& wanted, Action& action) {
  if (args.has("--runtime") || args.has("--runtime-path")) {
    action.warnings.push_back(
        "--runtime and --runtime-path have no effect: the gateway is one native program");
  }
  if (manager.scope() == service::Scope::User && service::has_system_unit(manager.unit())) {
    action.warnings.push_back("the system has a unit " + manager.unit() +
                              ", too; only one of the two can hold the port (sudo systemctl disable --now " +
                              manager.unit() + ")");
  }
  if (manager.outlives_sessions() == false) {
    action.warnings.push_back(
        "the service stops when you log out; keep it with: sudo loginctl enable-linger " +
        cli.environment("USER").value_or("$(whoami)"));
  }
  const auto known = config::read_env_file(wanted.environment_file);
  for (const std::string& name : config.environment_names) {
    if (known.contains(name)) continue;
    action.warnings.push_back("the configuration refers to " + name +
                              ", which a service does not get from your shell; " +
                              place_for(name, wanted, manager.system()));
  }
}

/// A service that is installed already. One that does not run is started.
std::optional<Action> already_there(const Context& cli, service::Manager& manager,
                                    const service::State& state, const service::Definition& wanted) {
  if (!state.is_installed || !state.is_enabled) return std::nullopt;
  Action action{.name = kName,
                .result = "already-installed",
                .message = "Gateway service is already installed (" + manager.unit() + ")."};
  action.service = service_json(manager, true);
  if (state.is_stopped()) {
    if (auto done = manager.start(); !done) {
      action.is_ok = false;
      action.message = "the installed service cannot be started: " + done.error().text;
      action.hints = hints_for(cli, done.error());
      return action;
    }
    action.message += " It was stopped and is started.";
  }
  for (const service::DriftIssue& issue : manager.drift_from(state, wanted)) {
    action.warnings.push_back(service::change_of(issue) + issue.message);
    action.hints.push_back(remedy_of(cli, issue));
  }
  const auto same = [](const service::Hint& a, const service::Hint& b) { return a.text == b.text; };
  const auto rest = std::ranges::unique(action.hints, same);
  action.hints.erase(rest.begin(), rest.end());
  return action;
}

/// What is known before anything is changed.
struct Findings {
  config::Config config = config::defaults();
  Plan plan;
  service::Definition wanted;
  service::State state;
};

std::expected<Findings, Action> examine(const Context& cli, const Args& args, service::Manager& manager) {
  const auto loaded = config::load(cli.paths, cli.environment);
  if (!loaded) return std::unexpected(blocked(loaded.error().message));
  if (const auto refused = refusal(cli, args, loaded->config, manager)) return std::unexpected(*refused);
  if (const auto refused = invalid_config(cli, kName)) return std::unexpected(*refused);
  auto plan = plan_of(cli, args, loaded->config);
  if (!plan) return std::unexpected(std::move(plan).error());
  auto state = manager.state();
  if (!state) return std::unexpected(problem_action(cli, kName, manager, state.error()));
  if (state->fault && !state->fault->remedy.empty()) {
    // A new unit would not be looked at.
    return std::unexpected(
        blocked(manager.unit() + ": " + state->fault->message, {remedy_of(cli, *state->fault)}));
  }
  return Findings{loaded->config, *plan, wanted_definition(cli, manager, plan->port, plan->wrapper),
                  *std::move(state)};
}

/// Held while this command installs, so that two of them do not both make a token, or restart the service
/// under each other. Nothing is made for it.
Result<platform::Fd> wait_for_others(const config::Paths& paths) {
  std::error_code error;
  std::filesystem::path dir = paths.state_dir.parent_path();
  while (!std::filesystem::is_directory(dir, error) && dir.has_relative_path()) dir = dir.parent_path();
  return platform::lock_directory(dir, kOtherInstallLimit);
}

int run(Context& cli, const Args& args) {
  const auto alone = wait_for_others(cli.paths);
  if (!alone) return report(cli, blocked("another installation does not end: " + alone.error().message));
  const auto manager = service_manager(cli, args.has("--system"));
  const auto found = examine(cli, args, *manager);
  if (!found) return report(cli, found.error());
  const auto& [config, plan, wanted, state] = *found;
  if (!args.has("--force")) {
    if (const auto other = foreign_state_dir(cli, state)) {
      return report(
          cli,
          blocked(
              manager->unit() + " is the service of " + *other + ", not of " + cli.paths.state_dir.string(),
              {{"generic", "give this instance a name of its own: openclaw --profile <name> gateway install"},
               {"generic", "or replace that one: openclaw gateway install --force"}}));
    }
    if (const auto there = already_there(cli, *manager, state, wanted)) return report(cli, *there);
  }
  if (const auto refused = port_refusal(cli, kName, *manager, state, plan.port)) return report(cli, *refused);
  Action action{.name = kName, .result = "installed"};
  if (auto prepared = prepare_config(cli, args, config, plan.port, action); !prepared) {
    const std::string way = service::way_into(cli.paths.config_file.parent_path());
    const std::string next = way.empty() ? prepared.error().next_step : way;
    Action failed = blocked(prepared.error().message);
    if (!next.empty()) failed.hints = {{"generic", next}};
    return report(cli, failed);
  }
  warn(cli, args, config, *manager, wanted, action);
  if (auto done = manager->install(wanted); !done) return report_problem(cli, kName, *manager, done.error());
  // Only systemd waits until it serves.
  const bool is_ready = manager->system() == platform::ServiceSystem::Systemd;
  action.message = "Installed " + manager->label() + " service " + manager->unit() + "; the gateway " +
                   (is_ready ? "serves" : "is started") + " on port " + std::to_string(plan.port) +
                   (is_ready ? "." : ". Whether it serves was not checked: openclaw gateway status");
  if (!is_ready) {
    const auto now = manager->state();
    if (now && !now->status_text.empty()) action.warnings.push_back(now->status_text);
  }
  action.service = service_json(*manager, true);
  return report(cli, action);
}

}  // namespace

Command gateway_install_command() {
  return {
      .path = "gateway install",
      .summary = "Install the gateway as a service, enable it and start it",
      .details = R"(
            Writes a systemd unit for the profile (`openclaw-gateway.service`, with a profile
            `openclaw-gateway-<name>.service`), enables and starts it. One that is installed already is started when
            it was stopped, and what differs from what would be written is named. `--port` is saved as
            `gateway.port`.

            The unit holds no secrets and nothing of your shell's environment: variables that the configuration
            refers to belong into `gateway.systemd.env` in the state directory. `gateway.mode` becomes `local`
            when it is unset, and a token is made when there is no secret.

            With `OPENCLAW_SERVICE_MANAGER` a LaunchAgent (`launchd`) or a Windows task (`schtasks`) is written
            instead; docs/service.md says how far these two have been tested.

            Refused when a token and a password are both configured and `gateway.auth.mode` is unset, while the
            configuration is invalid or not for this machine, when somebody else holds the port, with
            `OPENCLAW_NIX_MODE`, under sudo without `--system`, and where systemd cannot be reached; the message
            says which command comes next. JSON:
            `{action,ok,result,message,error?,hints[],hintItems[],warnings[],service}` with `result` `installed` or `already-installed`. Exit code 0 when it is installed.)",
      .options = {{"--port", "<n>", "Port to listen on"},
                  {"--token", "<token>", "Save this shared token in the configuration first"},
                  {"--system", "", "For the whole system, as root; runs as the owner of the state directory"},
                  {"--wrapper", "<path>", "Start this program in place of openclaw, with the same arguments"},
                  {"--runtime", "<name>", "Accepted for OpenClaw's sake; no effect"},
                  {"--runtime-path", "<path>", "Accepted for OpenClaw's sake; no effect"},
                  {"--force", "", "Also when it is installed already"},
                  {"--json", "", "Print one JSON document"}},
      .examples = {"openclaw gateway install", "openclaw gateway install --port 18789 --force --json"},
      .run = run};
}

}  // namespace gw::cli
