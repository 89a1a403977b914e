#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gw {

using Millis = std::chrono::milliseconds;

/// A moment on the monotonic clock of this machine. It is the same clock in every process,
/// so an Instant may be passed between generations; it means nothing after a reboot.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Millis>;

/// A moment on the calendar: milliseconds since the Unix epoch, as on the wire and in the database.
struct UnixMillis {
  std::int64_t value = 0;
  auto operator<=>(const UnixMillis&) const = default;
};

/// `2026-11-23T17:01:00.123Z`.
std::string iso8601(UnixMillis at);

}  // namespace gw
