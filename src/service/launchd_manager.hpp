#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "service/manager.hpp"

namespace gw::service {

struct LaunchdSettings {
  std::string label;
  unsigned user_id = 0;  ///< Whose desktop session it belongs to.
  std::filesystem::path home;
  std::filesystem::path state_dir;
  /// Looks up one environment variable.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  /// Waits; launchd answers some commands before it has done them.
  std::function<void(Millis time)> pause;
};

/// Drives launchd through `launchctl`, found on PATH: one LaunchAgent in the domain `gui/<user id>`.
std::unique_ptr<Manager> make_launchd_manager(LaunchdSettings settings);

/// Why launchctl failed, by its exit code, which mostly is an errno, and its words, which are English on
/// every system. Pure, for its test.
Problem launchd_problem(int exit_code, std::string_view output);

/// What `launchctl print gui/<user id>/<label>` says, without what stands in files. Pure, for its test.
State launchd_state(std::string_view printed);

/// Whether `launchctl print-disabled` lists the label as disabled. Pure, for its test.
bool is_disabled(std::string_view printed, std::string_view label);

}  // namespace gw::service
