#include "base/text.hpp"

#include <algorithm>
#include <cstdint>

namespace gw {
namespace {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The length in bytes that a UTF-8 sequence starting with `lead` announces; 0 for a byte that cannot start
// one.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

bool is_valid_sequence(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  for (std::size_t i = 1; i < s.size(); ++i) {
    if ((byte(i) & 0xC0) != 0x80) return false;
  }
  if (byte(0) == 0xE0) return byte(1) >= 0xA0;  // overlong
  if (byte(0) == 0xED) return byte(1) <= 0x9F;  // surrogates
  if (byte(0) == 0xF0) return byte(1) >= 0x90;  // overlong
  if (byte(0) == 0xF4) return byte(1) <= 0x8F;  // above U+10FFFF
  return true;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string_view cut_utf16(std::string_view text, std::size_t units_max) {
  std::size_t units = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length =
        std::max<std::size_t>(1, sequence_length(static_cast<unsigned char>(text[at])));
    const std::size_t cost = length == 4 ? 2 : 1;
    if (units + cost > units_max) return text.substr(0, at);
    units += cost;
    at = std::min(text.size(), at + length);
  }
  return text;
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = sequence_length(static_cast<unsigned char>(text[at]));
    if (length < 2 || at + length > text.size()) return false;
    if (!is_valid_sequence(text.substr(at, length))) return false;
    at += length;
  }
  return true;
}

}  // namespace gw
