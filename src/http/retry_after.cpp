#include "http/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/text.hpp"

namespace gw {
namespace {

// A whole number of exactly this text.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<unsigned> month(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<unsigned>(found - kNames.begin()) + 1;
}

// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that servers may send today.
std::optional<UnixMillis> http_date(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const auto day = number(text.substr(5, 2));
  const auto month_number = month(text.substr(8, 3));
  const auto year = number(text.substr(12, 4));
  const auto hour = number(text.substr(17, 2));
  const auto minute = number(text.substr(20, 2));
  const auto second = number(text.substr(23, 2));
  if (!day || !month_number || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month_number},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  const auto at = std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                  std::chrono::seconds{*second};
  return UnixMillis{std::chrono::duration_cast<Millis>(at.time_since_epoch()).count()};
}

}  // namespace

std::optional<Millis> parse_retry_after(std::string_view value, UnixMillis now) {
  value = trimmed(value);
  std::optional<Millis> wait;
  if (const auto seconds = number(value)) {
    wait = Millis{std::int64_t{*seconds} * 1000};
  } else if (const auto at = http_date(value)) {
    wait = Millis{at->value - now.value};
  }
  if (!wait) return std::nullopt;
  return std::clamp(*wait, Millis{0}, kRetryAfterMax);
}

}  // namespace gw
