#include "cli/values.hpp"

#include <algorithm>
#include <charconv>

#include "crypto/digest.hpp"
#include "crypto/random.hpp"

namespace gw::cli {
namespace {

constexpr std::int64_t kTimeoutMsMax = 86'400'000;
constexpr std::size_t kTokenBytes = 24;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::uint16_t> parse_port(std::string_view text, bool is_zero_good) {
  const auto number = whole_number(text);
  if (!number || *number < (is_zero_good ? 0 : 1) || *number > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::optional<Millis> parse_timeout_ms(std::string_view text) {
  const auto number = whole_number(text);
  if (!number || *number < 1 || *number > kTimeoutMsMax) return std::nullopt;
  return Millis{*number};
}

std::optional<std::int64_t> parse_count(std::string_view text, std::int64_t max) {
  const auto number = whole_number(text);
  return number && *number >= 1 && *number <= max ? number : std::nullopt;
}

std::string new_token() { return crypto::hex(crypto::random_bytes(kTokenBytes)); }

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

}  // namespace gw::cli
