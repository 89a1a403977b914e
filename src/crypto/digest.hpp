#pragma once

#include <string>
#include <string_view>

namespace gw::crypto {

/// 20 raw bytes. Only for the WebSocket handshake, which prescribes it.
std::string sha1(std::string_view bytes);

/// 32 raw bytes.
std::string sha256(std::string_view bytes);

/// Lower-case hexadecimal.
std::string hex(std::string_view bytes);

/// Takes the same time wherever the first difference is; the lengths are not hidden.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace gw::crypto
