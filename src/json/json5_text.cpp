#include "json/json5_text.hpp"

#include "base/text.hpp"

namespace gw::json::json5 {

Char decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[at + i]));
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
}

void append_utf8(std::string& out, char32_t code) {
  const auto push = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | code >> 6);
    push(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12);
    push(0x80 | (code >> 6 & 0x3F));
    push(0x80 | (code & 0x3F));
  } else {
    push(0xF0 | code >> 18);
    push(0x80 | (code >> 12 & 0x3F));
    push(0x80 | (code >> 6 & 0x3F));
    push(0x80 | (code & 0x3F));
  }
}

bool ends_line(char32_t c) { return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029; }

bool is_space(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0xFEFF || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

bool is_typographic_quote(char32_t c) { return c >= 0x2018 && c <= 0x201F; }

int hex_value(char32_t c) {
  if (is_digit(c)) return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}

// Outside ASCII every character but white space and quotes may stand in a key: wider than ECMAScript's table
// of letters, and a key that no program knows is reported by its reader anyway.
bool starts_name(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         (c >= 0x80 && !is_space(c) && !is_typographic_quote(c));
}

bool continues_name(char32_t c) { return starts_name(c) || is_digit(c); }

std::string shown(char32_t c) {
  if (c < 0x20 || c == 0x7F) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    return std::string("U+00") + kDigits[c >> 4] + kDigits[c & 0x0F];
  }
  std::string text = "'";
  append_utf8(text, c);
  return text + "'";
}

std::string place(std::string_view text, std::size_t at) {
  std::size_t line = 1;
  std::size_t start = 0;
  for (std::size_t i = 0; i < at;) {
    const Char c = decode(text, i);
    i += c.bytes;
    if (!ends_line(c.code)) continue;
    if (c.code == '\r' && i < text.size() && text[i] == '\n') ++i;
    if (i > at) break;
    ++line;
    start = i;
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(at - start + 1);
}

std::size_t first_invalid(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t bytes = 1;
    while (bytes <= 4 && !is_valid_utf8(text.substr(at, bytes))) ++bytes;
    if (bytes > 4) break;
    at += bytes;
  }
  return at;
}

}  // namespace gw::json::json5
