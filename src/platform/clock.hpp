#pragma once

#include "base/time.hpp"

namespace gw::platform {

/// The monotonic clock, the same in every process of this machine until it reboots.
Instant now();

/// The calendar.
UnixMillis wall_now();

}  // namespace gw::platform
