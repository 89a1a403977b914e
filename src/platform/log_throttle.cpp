#include "platform/log_throttle.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace gw::platform {
namespace {

constexpr std::int64_t kPartsPerLine = 1'000;
constexpr std::int64_t kPartsPerMillisecond = kLogLinesPerSecond;

}  // namespace

LogThrottle::LogThrottle(std::int64_t lines_at_once) : parts_max_(lines_at_once * kPartsPerLine) {
  kinds_.fill({parts_max_, UnixMillis{0}});
}

std::optional<std::int64_t> LogThrottle::admit(std::string_view subsystem, std::string_view message,
                                               UnixMillis at) {
  const std::hash<std::string_view> hash;
  Kind& kind = kinds_[(hash(subsystem) * 31 + hash(message)) % kKinds];
  // A clock that was set back gives nothing.
  const std::int64_t rested_ms =
      std::clamp<std::int64_t>(at.value - kind.at.value, 0, parts_max_ / kPartsPerMillisecond);
  kind.line_parts = std::min(parts_max_, kind.line_parts + rested_ms * kPartsPerMillisecond);
  kind.at = at;
  if (kind.line_parts < kPartsPerLine) {
    ++kind.omitted;
    return std::nullopt;
  }
  kind.line_parts -= kPartsPerLine;
  return std::exchange(kind.omitted, 0);
}

}  // namespace gw::platform
