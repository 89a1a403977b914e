#include "platform/clock.hpp"

namespace gw::platform {

Instant now() { return std::chrono::time_point_cast<Millis>(std::chrono::steady_clock::now()); }

UnixMillis wall_now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<Millis>(since_epoch).count()};
}

}  // namespace gw::platform
