#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gw {

/// Without ASCII white space at both ends.
std::string_view trimmed(std::string_view text);

/// At most `bytes_max` bytes, never ending inside a UTF-8 sequence.
std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

/// At most `units_max` UTF-16 code units, as JavaScript counts them, never ending inside a character.
std::string_view cut_utf16(std::string_view text, std::size_t units_max);

/// ASCII letters in lower case; other bytes unchanged.
std::string lower_ascii(std::string_view text);

bool is_valid_utf8(std::string_view text);

}  // namespace gw
