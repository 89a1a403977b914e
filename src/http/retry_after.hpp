#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace gw {

/// No server makes us wait longer than this.
inline constexpr Millis kRetryAfterMax{24LL * 60 * 60 * 1000};

/// The wait that a `Retry-After` value asks for: a number of seconds or an HTTP date, never negative, at most
/// kRetryAfterMax. Nothing when it is neither.
std::optional<Millis> parse_retry_after(std::string_view value, UnixMillis now);

}  // namespace gw
