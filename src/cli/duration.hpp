#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace gw::cli {

/// `1500` (milliseconds), `30s`, `1h30m`, `0`. Units are ms, s, m, h and d; nothing for anything else, and
/// for more than a restart may wait (2 147 000 000 ms).
std::optional<Millis> parse_duration(std::string_view text);

/// The two largest units of it, for people: `2d 3h`, `5m 12s`, `40s`; whole seconds.
std::string duration_text(Millis duration);

}  // namespace gw::cli
