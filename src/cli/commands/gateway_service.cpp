#include <csignal>

#include "cli/commands/all.hpp"
#include "cli/service_access.hpp"
#include "config/edit.hpp"
#include "platform/clock.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/process_wait.hpp"

namespace gw::cli {
namespace {

constexpr Millis kForegroundStopLimit{330'000};  // As the unit's.

Action not_loaded(const Context& cli, std::string_view name, const service::Manager& manager, bool is_ok) {
  Action action{.name = name, .is_ok = is_ok, .result = "not-loaded"};
  action.message = is_ok ? "Gateway service is not installed and no gateway runs for " +
                               cli.paths.state_dir.string() + "; nothing to stop."
                         : "Gateway service is not installed";
  action.hints = hints_for(cli, {service::Problem::Kind::NotInstalled, {}});
  action.service = service_json(manager, false);
  return action;
}

/// There is a definition, and it cannot be used.
Action unusable(const Context& cli, std::string_view name, const service::Manager& manager,
                const service::DriftIssue& fault) {
  return {.name = name,
          .is_ok = false,
          .result = "not-loaded",
          .message = manager.unit() + " cannot be started: " + fault.message,
          .hints = {remedy_of(cli, fault)},
          .service = service_json(manager, false)};
}

/// Why the installed service is not the one that was meant.
Action foreign(const Context& cli, std::string_view name, const service::Manager& manager,
               const std::string& state_dir) {
  return {.name = name,
          .is_ok = false,
          .result = "not-loaded",
          .message =
              manager.unit() + " is the service of " + state_dir + ", not of " + cli.paths.state_dir.string(),
          .hints = {{"generic", "OPENCLAW_STATE_DIR=" + state_dir + " openclaw gateway " + std::string(name)},
                    {"generic",
                     "or give this instance a name of its own: openclaw --profile <name> gateway install"}},
          .service = service_json(manager, false)};
}

/// For launchd an agent that is stopped is not loaded, and the other way round.
bool starts_loaded(const service::Manager& manager) {
  return manager.system() == platform::ServiceSystem::Launchd;
}

int start(Context& cli, const Args&) {
  constexpr std::string_view kName = "start";
  const auto manager = service_manager(cli);
  const auto state = manager->state();
  if (!state) return report_problem(cli, kName, *manager, state.error());
  if (state->fault) return report(cli, unusable(cli, kName, *manager, *state->fault));
  if (!state->is_installed) return report(cli, not_loaded(cli, kName, *manager, false));
  if (const auto other = foreign_state_dir(cli, *state))
    return report(cli, foreign(cli, kName, *manager, *other));
  if (state->is_running()) {
    return report(cli, {.name = kName,
                        .result = "already-running",
                        .message = "Gateway service is running already.",
                        .service = service_json(*manager, state->is_enabled)});
  }
  if (const auto refused = invalid_config(cli, kName)) return report(cli, *refused);
  const auto port = state->definition ? service::port_of(*state->definition) : std::nullopt;
  if (const auto refused = port ? port_refusal(cli, kName, *manager, *state, *port) : std::nullopt)
    return report(cli, *refused);
  // launchd enables what it starts.
  const bool is_off = !state->is_enabled && !starts_loaded(*manager);
  if (auto done = is_off ? manager->set_enabled(true) : service::Outcome<void>{}; !done)
    return report_problem(cli, kName, *manager, done.error());
  if (auto done = manager->start(); !done) return report_problem(cli, kName, *manager, done.error());
  return report(cli,
                {.name = kName,
                 .result = "started",
                 .message = std::string("Gateway service started") + (is_off ? ", and enabled again." : "."),
                 .service = service_json(*manager, true)});
}

/// The gateway is a service that the manager which was asked does not know. Its process must not be ended
/// alone: systemd would start it again.
int stop_unit(Context& cli, const service::Manager& asked, const platform::ServiceUnit& unit) {
  const auto manager = manager_of(cli, unit);
  const auto done = manager ? manager->stop() : std::unexpected(service::Problem{});
  if (done) {
    return report(cli, {.name = "stop",
                        .result = "stopped",
                        .message = "Stopped " + unit.name + "; the gateway ran as that service.",
                        .service = service_json(*manager, false)});
  }
  const std::string why = done.error().text.empty() ? "" : " (" + done.error().text + ")";
  return report(cli, {.name = "stop",
                      .is_ok = false,
                      .message = "the gateway of " + cli.paths.state_dir.string() + " runs " +
                                 service_words(unit) + ", which only systemd can stop" + why,
                      .hints = {{"generic", systemctl_command(unit, "stop")}},
                      .service = service_json(asked, false)});
}

/// Ends the gateway of this state directory that runs without a service.
int stop_foreground(Context& cli, const service::Manager& manager) {
  constexpr std::string_view kName = "stop";
  const auto owner = platform::live_lock_owner(cli.paths.lock_file());
  if (!owner) return report(cli, not_loaded(cli, kName, manager, true));
  if (const auto unit = platform::service_unit_of(owner->process)) return stop_unit(cli, manager, *unit);
  const std::string who = "gateway process " + std::to_string(owner->process.pid);
  if (auto ended = platform::signal_and_wait(owner->process, SIGTERM, kForegroundStopLimit); !ended) {
    return report(cli, {.name = kName,
                        .is_ok = false,
                        .message = "cannot stop " + who + ": " + ended.error().message,
                        .hints = {{"generic", "openclaw gateway status"}},
                        .service = service_json(manager, false)});
  }
  return report(cli, {.name = kName,
                      .result = "stopped",
                      .message = "Stopped " + who + ".",
                      .service = service_json(manager, false)});
}

int stop(Context& cli, const Args& args) {
  constexpr std::string_view kName = "stop";
  const auto manager = service_manager(cli);
  if (!cli.is_terminal && !args.has("--force")) {
    return report(cli, {.name = kName,
                        .is_ok = false,
                        .message = "without a terminal this could be an agent stopping the gateway that it "
                                   "runs in; nothing was done",
                        .hints = {{"generic", "openclaw gateway stop --force"},
                                  {"generic", "openclaw gateway restart --safe"}},
                        .service = service_json(*manager, false)});
  }
  const auto state = manager->state();
  const bool disables = args.has("--disable") && state && is_ours(cli, *state);
  if (args.has("--disable") && !disables) return report(cli, not_loaded(cli, kName, *manager, false));
  if (auto done = disables ? manager->set_enabled(false) : service::Outcome<void>{}; !done)
    return report_problem(cli, kName, *manager, done.error());
  const bool may_be_foreground = !state ? state.error().kind != service::Problem::Kind::Failed
                                        : !is_ours(cli, *state) || state->is_stopped();
  if (may_be_foreground) return stop_foreground(cli, *manager);
  if (!state) return report_problem(cli, kName, *manager, state.error());
  if (auto done = manager->stop(); !done) return report_problem(cli, kName, *manager, done.error());
  const bool stays_loaded = state->is_enabled && !disables && !starts_loaded(*manager);
  return report(cli, {.name = kName,
                      .result = "stopped",
                      .message = std::string("Gateway service stopped") +
                                 (disables ? "; it starts again with: openclaw gateway start" : "."),
                      .service = service_json(*manager, stays_loaded)});
}

int uninstall(Context& cli, const Args&) {
  constexpr std::string_view kName = "uninstall";
  if (is_nix_mode(cli)) {
    return report(cli, {.name = kName,
                        .is_ok = false,
                        .message = "OPENCLAW_NIX_MODE is set: the service is managed elsewhere"});
  }
  const auto manager = service_manager(cli);
  const auto state = manager->state();
  if (!state) return report_problem(cli, kName, *manager, state.error());
  if (const auto other = foreign_state_dir(cli, *state))
    return report(cli, foreign(cli, kName, *manager, *other));
  Action action{.name = kName,
                .result = "uninstalled",
                .message = "Gateway service is not installed; nothing to remove.",
                .service = service_json(*manager, false)};
  if (!state->is_installed && state->file.empty()) return report(cli, action);
  if (auto done = manager->uninstall(); !done) return report_problem(cli, kName, *manager, done.error());
  action.message = "Removed " + manager->label() + " service " + manager->unit() +
                   "; configuration and state are still in " + cli.paths.state_dir.string() + ".";
  return report(cli, action);
}

std::vector<Option> only_json() { return {{"--json", "", "Print one JSON document"}}; }

}  // namespace

Command gateway_start_command() {
  return {.path = "gateway start",
          .summary = "Start the installed service",
          .details = R"(
            Returns once the gateway is ready. A running service is left as it is. Refused when the configuration
            is invalid. JSON: `{action,ok,result,message,error?,hints[],hintItems[],service}` with `result`
            `started`, `already-running` or `not-loaded`. Exit code 1 when it did not start or is not installed.)",
          .options = only_json(),
          .examples = {"openclaw gateway start"},
          .run = start};
}

Command gateway_stop_command() {
  return {.path = "gateway stop",
          .summary = "Stop the service, or the gateway that runs without one",
          .details = R"(
            Running work is cut and resumes with the next start. Without a terminal `--force` is needed: an agent
            could be stopping the gateway that it runs in. JSON as `gateway start`, with `result` `stopped` or
            `not-loaded`. Exit code 0 also when nothing ran. With `--disable` the service does not start by itself
            any more; `gateway start` takes that back. Exit code 1 when there is no service to disable.)",
          .options = {{"--force", "", "Also when no terminal is there to ask from"},
                      {"--disable", "", "The service also stays stopped after the next boot or login"},
                      {"--json", "", "Print one JSON document"}},
          .examples = {"openclaw gateway stop --force"},
          .run = stop};
}

Command gateway_uninstall_command() {
  return {.path = "gateway uninstall",
          .summary = "Stop the service and remove it; configuration and state stay",
          .details = R"(
            JSON as `gateway start`, with `result` `uninstalled`. Exit code 0 also when it was not installed.)",
          .options = only_json(),
          .examples = {"openclaw gateway uninstall"},
          .run = uninstall};
}

}  // namespace gw::cli
