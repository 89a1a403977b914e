#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gw::platform {

/// Tells a process from a later one with the same number.
struct ProcessIdentity {
  int pid = 0;
  std::int64_t start_time = 0;  ///< Clock ticks after boot, as the kernel counts.
  std::string boot_id;
  bool operator==(const ProcessIdentity&) const = default;
};

/// Nothing when no such process lives (a zombie does not).
std::optional<ProcessIdentity> identity_of(int pid);

ProcessIdentity own_identity();

/// The short name of a process, empty when unknown.
std::string process_name(int pid);

}  // namespace gw::platform
