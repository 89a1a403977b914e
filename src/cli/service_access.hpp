#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/service_unit.hpp"
#include "service/hints.hpp"
#include "service/manager.hpp"

/// The service of this profile, and how commands speak about it.
namespace gw::cli {

/// The refusal of a value of `OPENCLAW_SERVICE_MANAGER` that names no manager.
std::optional<std::string> unknown_manager(const config::Environment& environment);

/// `text` with the option of this profile in every command that it names.
std::string with_profile(const Context& cli, std::string_view text);

/// The manager that this profile's gateway is, or would be, installed with: the user's, or the system's when
/// only that has the unit or `wants_system`.
std::unique_ptr<service::Manager> service_manager(const Context& cli, bool wants_system = false);

/// The manager of a service of systemd, when this user may speak to it: another user's may not.
std::unique_ptr<service::Manager> manager_of(const Context& cli, const platform::ServiceUnit& unit);

/// `systemctl --user stop openclaw-gateway.service`, as this user has to call it.
std::string systemctl_command(const platform::ServiceUnit& unit, std::string_view verb);

/// `as openclaw-gateway.service of systemd`, with whose it is when it is not this user's.
std::string service_words(const platform::ServiceUnit& unit);

/// The directory of the user's units, whether or not it is there.
std::filesystem::path user_unit_dir(const Context& cli);

/// The state directory that an installed service works with, when that is not the one of this command: units
/// are named after the profile alone, so another state directory of the same profile has the same unit.
std::optional<std::string> foreign_state_dir(const Context& cli, const service::State& state);

/// Whether the service is there and works with this command's state directory.
bool is_ours(const Context& cli, const service::State& state);

/// `{label,loaded,loadedText,notLoadedText}`.
json::Object service_json(const service::Manager& manager, bool is_loaded);

/// `OPENCLAW_NIX_MODE`: configuration and service are managed elsewhere.
bool is_nix_mode(const Context& cli);

/// How a lifecycle command ended.
struct Action {
  std::string_view name;  ///< `install`, `start`, …
  bool is_ok = true;
  std::string result;
  std::string message;  ///< What happened, or why not.
  std::vector<std::string> warnings;
  std::vector<service::Hint> hints;
  std::optional<json::Object> service;
};

/// Prints it, for people or as the one document; returns the exit code.
int report(Context& cli, const Action& action);

/// What a manager refused, and its report.
Action problem_action(const Context& cli, std::string_view name, const service::Manager& manager,
                      const service::Problem& problem);
int report_problem(Context& cli, std::string_view name, const service::Manager& manager,
                   const service::Problem& problem);

/// The refusal to start anything with a configuration that a gateway would refuse; nothing when it is valid.
std::optional<Action> invalid_config(const Context& cli, std::string_view name);

/// What to do about a definition that is not as it should be.
service::Hint remedy_of(const Context& cli, const service::DriftIssue& issue);

/// Somebody who would keep the service from serving; only systemd says which process is the service's.
std::optional<Action> port_refusal(const Context& cli, std::string_view name, const service::Manager& manager,
                                   const service::State& state, std::uint16_t port);

/// The next steps after a problem, with the options of this profile in the commands.
std::vector<service::Hint> hints_for(const Context& cli, const service::Problem& problem);

}  // namespace gw::cli
