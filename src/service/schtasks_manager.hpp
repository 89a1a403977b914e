#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "service/manager.hpp"

namespace gw::service {

struct SchtasksSettings {
  std::string name;
  std::filesystem::path script;  ///< `<state>/gateway.cmd`.
  std::filesystem::path state_dir;
  /// Looks up one environment variable.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  /// The process of the gateway of that state directory, which Task Scheduler does not know.
  std::function<std::optional<int>()> gateway_pid;
  /// Lets it stop, and waits for its end: Task Scheduler could only cut it off.
  std::function<Outcome<void>()> stop_gateway;
};

/// Drives the Task Scheduler of Windows through `schtasks`, found on PATH. Where tasks may not be made, the
/// Startup folder takes the place of the task.
std::unique_ptr<Manager> make_schtasks_manager(SchtasksSettings settings);

/// Why schtasks failed. `exit_code` as with /HRESULT: its words depend on the language of Windows. Pure, for
/// its test.
Problem schtasks_problem(int exit_code, std::string_view output);

/// What a line of `schtasks /Query /V /FO CSV /NH` says, by the order of its columns, since names and words
/// depend on the language. Pure, for its test.
State schtasks_state(std::string_view csv);

}  // namespace gw::service
