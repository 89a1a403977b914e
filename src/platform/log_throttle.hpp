#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace gw::platform {

inline constexpr std::int64_t kLogLinesAtOnce = 100;    ///< Of one kind, after a time of rest.
inline constexpr std::int64_t kLogLinesPerSecond = 10;  ///< Of one kind, from then on.

/// Decides which lines are left out when one kind of them (subsystem and message) comes too often, so that
/// what clients do over and over cannot fill a disk or hide the rest. Not for several threads.
class LogThrottle {
 public:
  explicit LogThrottle(std::int64_t lines_at_once = kLogLinesAtOnce);

  /// Nothing: leave this line out. A number: write it, and say that so many of its kind were left out before.
  std::optional<std::int64_t> admit(std::string_view subsystem, std::string_view message, UnixMillis at);

 private:
  struct Kind {
    std::int64_t
        line_parts;  // A thousandth of a line each: what a millisecond gives is a whole number of them.
    UnixMillis at;   // When that was so.
    std::int64_t omitted = 0;
  };

  // A kind finds its place by its hash; kinds that meet in one place share it. So many words as a client may
  // choose take no more memory and write no more lines.
  static constexpr std::size_t kKinds = 64;

  std::int64_t parts_max_;
  std::array<Kind, kKinds> kinds_;
};

}  // namespace gw::platform
