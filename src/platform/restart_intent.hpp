#pragma once

#include <filesystem>
#include <optional>

#include "base/time.hpp"

namespace gw::platform {

/// What the command line of OpenClaw 2026.5.6 leaves beside a restart signal: which restart is meant.
struct RestartIntent {
  bool is_forced = false;
  std::optional<Millis> wait;  ///< 0: without a limit.
};

std::filesystem::path restart_intent_file(const std::filesystem::path& state_dir);

/// Reads the file and removes it, whatever it says, so that it never meets a later signal. Nothing when it is
/// missing, damaged, for another process than `pid`, or not of the minute before `now`.
std::optional<RestartIntent> take_restart_intent(const std::filesystem::path& file, int pid, UnixMillis now);

}  // namespace gw::platform
