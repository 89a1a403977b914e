#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/service_system.hpp"

/// What a service manager is to run, whichever it is.
namespace gw::service {

enum class Scope {
  User,    ///< Runs as, and is managed by, one user.
  System,  ///< Managed by root; runs as the owner of the state directory.
};

struct Definition {
  std::string description;
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;  ///< Never a secret.
  std::filesystem::path environment_file;  ///< Variables that only its owner may read; empty: none.
  std::filesystem::path working_dir;       ///< Empty: the manager's choice.
  std::string user;                        ///< For Scope::System; empty: root.
};

struct DefinitionRequest {
  platform::ServiceSystem system = platform::ServiceSystem::Systemd;
  Scope scope = Scope::User;
  std::filesystem::path program;
  std::optional<std::filesystem::path>
      wrapper;  ///< Started in place of the program, with the same arguments.
  std::uint16_t port = 0;
  std::string profile;  ///< Empty for the default one.
  std::filesystem::path home;
  std::filesystem::path state_dir;
  std::filesystem::path config_file;
  std::string unit;  ///< Its name with the manager.
  std::string user;
  std::string temporary_dir;  ///< The value of TMPDIR; empty: unset. launchd and Windows have their own.
};

Definition make_definition(const DefinitionRequest& request);

/// The variable that names the service: users choose another name with it, and the gateway learns it from it.
const char* name_variable(platform::ServiceSystem system);

/// `openclaw-gateway.service`, `openclaw-gateway-<profile>.service`, or what OPENCLAW_SYSTEMD_UNIT says.
std::string systemd_unit_name(const std::string& profile, const std::optional<std::string>& override_name);

/// The value of `--port` in the command of a service, and of a variable in its environment.
std::optional<std::uint16_t> port_of(const Definition& definition);
std::optional<std::string> variable_of(const Definition& definition, std::string_view name);

}  // namespace gw::service
