#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// The character classes of JSON5 and the positions in messages.
namespace gw::json::json5 {

/// One character of the text and how many bytes it takes.
struct Char {
  char32_t code = 0;
  std::size_t bytes = 0;
};

/// The character that begins at byte `at` of valid UTF-8.
Char decode(std::string_view text, std::size_t at);
void append_utf8(std::string& out, char32_t code);

bool ends_line(char32_t c);
bool is_space(char32_t c);
bool is_digit(char32_t c);
/// The curly quotes that word processors put in place of ' and ".
bool is_typographic_quote(char32_t c);
/// The value of a hexadecimal digit, -1 for another character.
int hex_value(char32_t c);
/// May begin, or stand inside, a key without quotes.
bool starts_name(char32_t c);
bool continues_name(char32_t c);

/// `'x'`, or `U+0007` for what cannot be seen.
std::string shown(char32_t c);
/// `line L, column C` of byte `at`, both from 1, the column counted in bytes.
std::string place(std::string_view text, std::size_t at);
/// The first byte that is not part of a UTF-8 character; the size when all are.
std::size_t first_invalid(std::string_view text);

}  // namespace gw::json::json5
