#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/manager.hpp"

namespace gw::service {

/// A next step for people. `kind` is one of OpenClaw's: install, systemd-unavailable, systemd-headless,
/// wsl-systemd, container-foreground, generic.
struct Hint {
  std::string kind;
  std::string text;
};

/// Where this process runs, as far as it matters for a hint.
struct Surroundings {
  platform::ServiceSystem system = platform::host_service_system();
  bool is_wsl = false;
  bool is_container = false;
};

Surroundings look_around();

/// What to do about it, the most likely first.
std::vector<Hint> hints_for(const Problem& problem, const Surroundings& here);

/// `systemctl --user <words>`, or with `sudo` for the whole system unless this is root.
std::string systemctl_words(Scope scope, const std::string& words);

/// The command that lets this user write into `dir`, or where it is to be made; empty: nothing is in the way.
std::string way_into(std::filesystem::path dir);

/// How one says that a service is under a manager's care, or not: `enabled` and `disabled`.
struct LoadedWords {
  std::string_view loaded;
  std::string_view not_loaded;
};

LoadedWords loaded_words(platform::ServiceSystem system);

/// `--profile p ` for the commands in a hint; empty for the default profile.
std::string profile_words(const std::string& profile);

}  // namespace gw::service
