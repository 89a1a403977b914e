#include "cli/service_access.hpp"

#include <csignal>
#include <pwd.h>
#include <thread>
#include <unistd.h>

#include "cli/values.hpp"
#include "config/edit.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/port_owner.hpp"
#include "platform/process_wait.hpp"
#include "service/launchd_agent.hpp"
#include "service/launchd_manager.hpp"
#include "service/scheduled_task.hpp"
#include "service/schtasks_manager.hpp"
#include "service/systemd_manager.hpp"

namespace gw::cli {
namespace {

using platform::ServiceSystem;

constexpr std::string_view kProgram = "openclaw ";

constexpr const char* kSystemVariable = "OPENCLAW_SERVICE_MANAGER";
constexpr Millis kTaskStopLimit{35'000};  // The keeper needs at most 25 s.

std::string account_name(int user) {
  const passwd* account = ::getpwuid(static_cast<uid_t>(user));
  return account ? account->pw_name : std::to_string(user);
}

/// The manager in use: that of the host, unless a variable says otherwise.
ServiceSystem service_system(const Context& cli) {
  const std::string name = cli.environment(kSystemVariable).value_or("");
  if (name == "systemd") return ServiceSystem::Systemd;
  if (name == "launchd") return ServiceSystem::Launchd;
  if (name == "schtasks") return ServiceSystem::TaskScheduler;
  return platform::host_service_system();
}

std::unique_ptr<service::Manager> systemd_manager(const Context& cli, bool wants_system) {
  const std::string unit =
      service::systemd_unit_name(cli.paths.profile, cli.environment("OPENCLAW_SYSTEMD_UNIT"));
  std::error_code error;
  const bool is_only_system =
      service::has_system_unit(unit) && !std::filesystem::exists(user_unit_dir(cli) / unit, error);
  const auto scope = wants_system || is_only_system ? service::Scope::System : service::Scope::User;
  return service::make_systemd_manager({.scope = scope, .unit = unit, .environment = cli.environment});
}

std::unique_ptr<service::Manager> launchd_manager(const Context& cli) {
  return service::make_launchd_manager(
      {.label = service::launchd_label(cli.paths.profile, cli.environment("OPENCLAW_LAUNCHD_LABEL")),
       .user_id = ::getuid(),
       .home = cli.environment("HOME").value_or(""),  // launchd knows no OPENCLAW_HOME.
       .state_dir = cli.paths.state_dir,
       .environment = cli.environment,
       .pause = [](Millis time) { std::this_thread::sleep_for(time); }});
}

service::Outcome<void> stop_gateway(const config::Paths& paths) {
  const auto owner = platform::live_lock_owner(paths.lock_file());
  if (!owner) return {};
  auto ended = platform::signal_and_wait(owner->process, SIGTERM, kTaskStopLimit);
  if (ended) return {};
  return std::unexpected(service::Problem{service::Problem::Kind::Failed, ended.error().message});
}

std::unique_ptr<service::Manager> schtasks_manager(const Context& cli) {
  const auto value = [&](const char* name) { return cli.environment(name).value_or(""); };
  std::filesystem::path script = value("OPENCLAW_TASK_SCRIPT");
  if (script.empty()) {
    const std::string name = value("OPENCLAW_TASK_SCRIPT_NAME");
    script = cli.paths.state_dir / (name.empty() ? "gateway.cmd" : name);
  }
  return service::make_schtasks_manager(
      {.name = service::task_name(cli.paths.profile, cli.environment("OPENCLAW_WINDOWS_TASK_NAME")),
       .script = std::move(script),
       .state_dir = cli.paths.state_dir,
       .environment = cli.environment,
       .gateway_pid = [paths = cli.paths]() -> std::optional<int> {
         const auto owner = platform::live_lock_owner(paths.lock_file());
         return owner ? std::optional(owner->process.pid) : std::nullopt;
       },
       .stop_gateway = [paths = cli.paths] { return stop_gateway(paths); }});
}

}  // namespace

std::optional<std::string> unknown_manager(const config::Environment& environment) {
  const std::string name = environment(kSystemVariable).value_or("");
  if (name.empty() || is_one_of(name, {"systemd", "launchd", "schtasks"})) return std::nullopt;
  return std::string(kSystemVariable) + " must be systemd, launchd or schtasks, not \"" + name + "\"";
}

std::unique_ptr<service::Manager> service_manager(const Context& cli, bool wants_system) {
  switch (service_system(cli)) {
    case ServiceSystem::Systemd:
      break;
    case ServiceSystem::Launchd:
      return launchd_manager(cli);
    case ServiceSystem::TaskScheduler:
      return schtasks_manager(cli);
  }
  return systemd_manager(cli, wants_system);
}

std::unique_ptr<service::Manager> manager_of(const Context& cli, const platform::ServiceUnit& unit) {
  if (unit.user && *unit.user != static_cast<int>(::geteuid())) return nullptr;
  const auto scope = unit.user ? service::Scope::User : service::Scope::System;
  return service::make_systemd_manager({.scope = scope, .unit = unit.name, .environment = cli.environment});
}

std::string systemctl_command(const platform::ServiceUnit& unit, std::string_view verb) {
  const std::string what = std::string(verb) + " " + unit.name;
  if (unit.user == static_cast<int>(::geteuid())) return "systemctl --user " + what;
  const std::string sudo = ::geteuid() == 0 ? "" : "sudo ";
  if (!unit.user) return sudo + "systemctl " + what;
  return sudo + "systemctl --user --machine=" + account_name(*unit.user) + "@.host " + what;
}

std::string service_words(const platform::ServiceUnit& unit) {
  const bool is_others = unit.user && *unit.user != static_cast<int>(::geteuid());
  return "as " + unit.name + " of systemd" +
         (is_others ? ", a service of " + account_name(*unit.user) : std::string());
}

std::filesystem::path user_unit_dir(const Context& cli) {
  const auto config = cli.environment("XDG_CONFIG_HOME");
  const bool is_told = config && config->starts_with('/');  // As the base directory specification says.
  return (is_told ? std::filesystem::path(*config) : config::expand_home("~/.config", cli.environment)) /
         "systemd/user";
}

std::optional<std::string> foreign_state_dir(const Context& cli, const service::State& state) {
  if (!state.definition) return std::nullopt;
  const auto home = service::variable_of(*state.definition, "HOME");
  const std::string usual = "/.openclaw" + (cli.paths.profile.empty() ? "" : "-" + cli.paths.profile);
  const auto told = service::variable_of(*state.definition, "OPENCLAW_STATE_DIR");
  const std::filesystem::path theirs = told   ? *told
                                       : home ? *home + usual
                                              : config::expand_home("~" + usual, cli.environment).string();
  if (theirs.lexically_normal() == cli.paths.state_dir.lexically_normal()) return std::nullopt;
  return theirs.string();
}

bool is_ours(const Context& cli, const service::State& state) {
  return state.is_installed && !foreign_state_dir(cli, state);
}

bool is_nix_mode(const Context& cli) {
  const std::string value = cli.environment("OPENCLAW_NIX_MODE").value_or("");
  return !value.empty() && value != "0";
}

json::Object service_json(const service::Manager& manager, bool is_loaded) {
  const auto words = service::loaded_words(manager.system());
  return {{"label", manager.label()},
          {"loaded", is_loaded},
          {"loadedText", words.loaded},
          {"notLoadedText", words.not_loaded}};
}

int report(Context& cli, const Action& action) {
  json::Object document{{"action", action.name}, {"ok", action.is_ok}};
  if (!action.result.empty()) document["result"] = action.result;
  if (!action.message.empty()) document[action.is_ok ? "message" : "error"] = action.message;
  json::Array warnings;
  for (const std::string& warning : action.warnings) warnings.emplace_back(warning);
  if (!warnings.empty()) document["warnings"] = std::move(warnings);
  json::Array hints;
  json::Array items;
  for (const service::Hint& hint : action.hints) {
    const std::string text = with_profile(cli, hint.text);
    hints.emplace_back(text);
    items.push_back({{"kind", hint.kind}, {"text", text}});
  }
  if (!hints.empty()) {
    document["hints"] = std::move(hints);
    document["hintItems"] = std::move(items);
  }
  if (action.service) document["service"] = *action.service;
  cli.out.document(document);
  if (cli.out.is_json()) return action.is_ok ? 0 : 1;
  for (const std::string& warning : action.warnings) cli.out.note("warning: " + warning);
  if (action.is_ok) {
    cli.out.line(action.message);
  } else {
    cli.out.note(cli.out.bad("error: ") + action.message);
  }
  for (const service::Hint& hint : action.hints) {
    const std::string text = "Try: " + with_profile(cli, hint.text);
    action.is_ok ? cli.out.line(text) : cli.out.note(text);
  }
  return action.is_ok ? 0 : 1;
}

std::string with_profile(const Context& cli, std::string_view text) {
  const std::string words = service::profile_words(cli.paths.profile);
  std::string out(text);
  for (std::size_t at = out.find(kProgram); at != std::string::npos; at = out.find(kProgram, at)) {
    at += kProgram.size();
    if (!std::string_view(out).substr(at).starts_with("--profile ")) out.insert(at, words);
  }
  return out;
}

service::Hint remedy_of(const Context& cli, const service::DriftIssue& issue) {
  if (!issue.remedy.empty()) return {"generic", issue.remedy};
  return {"install", "openclaw " + service::profile_words(cli.paths.profile) + "gateway install --force"};
}

std::vector<service::Hint> hints_for(const Context& cli, const service::Problem& problem) {
  service::Surroundings here = service::look_around();
  here.system = service_system(cli);
  auto hints = service::hints_for(problem, here);
  std::error_code error;
  const bool can_run = std::filesystem::exists(cli.paths.config_file, error);
  for (service::Hint& hint : hints) {
    if (hint.text == "openclaw gateway run" && !can_run)
      hint.text = "openclaw config set gateway.mode local, then: " + hint.text;
    hint.text = with_profile(cli, hint.text);
  }
  return hints;
}

std::optional<Action> port_refusal(const Context& cli, std::string_view name, const service::Manager& manager,
                                   const service::State& state, std::uint16_t port) {
  if (manager.system() != ServiceSystem::Systemd) return std::nullopt;
  const auto refused = [&](std::string why, std::string next) {
    return Action{
        .name = name, .is_ok = false, .message = std::move(why), .hints = {{"generic", std::move(next)}}};
  };
  const auto owner = platform::live_lock_owner(cli.paths.lock_file());
  if (owner && owner->process.pid != state.pid) {
    if (const auto unit = platform::service_unit_of(owner->process)) {
      return refused("a gateway of this state directory runs " + service_words(*unit) + " already",
                     systemctl_command(*unit, "disable --now"));
    }
    return refused("a gateway of this state directory runs without the service (pid " +
                       std::to_string(owner->process.pid) + ")",
                   "openclaw gateway stop");
  }
  for (const platform::PortOwner& holder : platform::port_owners(port)) {
    if (holder.pid == state.pid || holder.parent == state.pid) continue;
    return refused("port " + std::to_string(port) + " is held by pid " + std::to_string(holder.pid) + " (" +
                       holder.name + ")",
                   "end it, or choose another port: openclaw gateway install --force --port <another>");
  }
  return std::nullopt;
}

std::optional<Action> invalid_config(const Context& cli, std::string_view name) {
  const auto loaded = config::load(cli.paths, cli.environment);
  if (loaded && loaded->issues.empty()) return std::nullopt;
  const std::string why =
      loaded ? "the configuration is invalid:\n" + config::listed(loaded->issues) : loaded.error().message;
  return Action{
      .name = name, .is_ok = false, .message = why, .hints = {{"generic", "openclaw config validate"}}};
}

Action problem_action(const Context& cli, std::string_view name, const service::Manager& manager,
                      const service::Problem& problem) {
  return {.name = name,
          .is_ok = false,
          .message = "Gateway service " + std::string(name) + " failed: " + problem.text,
          .hints = hints_for(cli, problem),
          .service = service_json(manager, false)};
}

int report_problem(Context& cli, std::string_view name, const service::Manager& manager,
                   const service::Problem& problem) {
  return report(cli, problem_action(cli, name, manager, problem));
}

}  // namespace gw::cli
