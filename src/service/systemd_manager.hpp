#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "service/manager.hpp"
#include "service/unit_text.hpp"

namespace gw::service {

struct SystemdSettings {
  Scope scope = Scope::User;
  std::string unit;
  /// Looks up one environment variable.
  std::function<std::optional<std::string>(const std::string& name)> environment;
};

/// Drives systemd through `systemctl` and `loginctl`, found on PATH, in the C locale.
std::unique_ptr<Manager> make_systemd_manager(SystemdSettings settings);

/// Whether root has a unit of that name, which a user unit would hide or be hidden by.
bool has_system_unit(const std::string& unit);

/// Why systemctl failed, by its exit and its words. Pure, for its test.
Problem classified(std::string_view output);

/// `Name=value` lines of `systemctl show` as a State, without what stands in files. Pure, for its test.
State state_of(std::string_view shown);

}  // namespace gw::service
