#include "cli/duration.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace gw::cli {
namespace {

constexpr std::int64_t kLongestMs = 2'147'000'000;

/// Removes the unit from the front of `text`; 0 when there is none that is known.
std::int64_t take_unit(std::string_view& text) {
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  for (const auto& [name, factor] : kUnits) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return factor;
  }
  return 0;
}

}  // namespace

std::optional<Millis> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  bool is_first = true;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc{} || number < 0 || number > kLongestMs) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    std::int64_t unit = 1;
    if (!(is_first && text.empty())) unit = take_unit(text);  // Only a number alone may lack its unit.
    if (unit == 0) return std::nullopt;
    total += number * unit;
    if (total > kLongestMs) return std::nullopt;
    is_first = false;
  }
  return Millis{total};
}

std::string duration_text(Millis duration) {
  constexpr std::pair<std::int64_t, char> kUnits[] = {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}};
  std::int64_t left_s = std::max<std::int64_t>(duration.count(), 0) / 1'000;
  std::string text;
  int named = 0;
  for (const auto& [seconds, unit] : kUnits) {
    if (named == 0 && left_s < seconds && seconds > 1) continue;
    if (named++ == 2) break;
    const std::int64_t count = left_s / seconds;
    left_s %= seconds;
    if (count > 0 || text.empty()) text += (text.empty() ? "" : " ") + std::to_string(count) + unit;
  }
  return text;
}

}  // namespace gw::cli
