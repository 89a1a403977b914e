#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/context.hpp"
#include "platform/file_state.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/port_owner.hpp"
#include "service/hints.hpp"
#include "service/manager.hpp"

namespace gw::cli::doctor {

struct ServiceFacts {
  platform::ServiceSystem system = platform::ServiceSystem::Systemd;
  std::string label;  ///< `systemd user`.
  std::string unit;
  service::Scope scope = service::Scope::User;
  service::Outcome<service::State> state;
  std::vector<service::DriftIssue> drift;
  std::optional<bool> outlives_sessions;
  bool has_system_twin = false;                  ///< A unit of root by the same name, beside the user's.
  std::vector<service::Hint> hints;              ///< After a problem of the manager.
  std::optional<std::string> foreign_state_dir;  ///< It works with another one; nothing more is asked then.
};

/// Everything that the checks judge, as it was at one moment.
struct Facts {
  config::Paths paths;
  unsigned user = 0;  ///< Ours.
  config::Loaded loaded{.config = config::defaults()};
  std::string load_error;           ///< The file could not be read; `loaded` is empty then.
  bool has_last_good = false;       ///< A copy of the configuration that is valid.
  bool is_config_managed = false;   ///< Somebody else writes it: OPENCLAW_NIX_MODE, OPENCLAW_CONFIG_READONLY.
  bool is_service_managed = false;  ///< OPENCLAW_NIX_MODE, OPENCLAW_SERVICE_REPAIR_POLICY=external.
  Secret environment_token;         ///< OPENCLAW_GATEWAY_TOKEN.
  Secret environment_password;
  platform::FileState state_dir;
  std::vector<std::pair<std::filesystem::path, platform::FileState>> secret_files;  ///< Those that are files.
  std::optional<platform::LockOwner> lock_owner;                                    ///< As the file says.
  bool is_owner_alive = false;
  bool has_run_token = false;
  std::vector<platform::PortOwner> listeners;  ///< On the configured port.
  std::string probe_error;                     ///< Why a gateway that runs did not answer; empty: it did.
  std::optional<ServiceFacts> service;         ///< None where this machine is not to run a gateway.

  bool can_load() const { return load_error.empty(); }
  bool is_remote() const { return loaded.config.mode == "remote"; }
};

Facts gather(const Context& cli);

/// `openclaw.json.last-good`: the configuration that a gateway last served with.
std::filesystem::path last_good_file(const config::Paths& paths);

/// The definition that would be installed now, with the wrapper of the installed one.
service::Definition wanted_service(const Context& cli, const service::Manager& manager,
                                   const service::State& state, std::uint16_t port);

}  // namespace gw::cli::doctor
