#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace gw::cli {

/// `1500` (milliseconds), `30s`, `1h30m`, `0`. Units are ms, s, m, h and d; nothing for anything else, and
/// for more than a restart may wait (2 147 000 000 ms).
std::optional<Millis> parse_duration(std::string_view text);

}  // namespace gw::cli
