#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gw::crypto {

/// RFC 4648 with padding, as in `Sec-WebSocket-Accept`.
std::string base64(std::string_view bytes);

/// RFC 4648 URL alphabet without padding, as in device keys and signatures.
std::string base64url(std::string_view bytes);

/// Reads either alphabet, with or without padding; nothing when another character is in it.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace gw::crypto
