#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "protocol/frames.hpp"
#include "rpc/connect_params.hpp"

namespace gw::rpc {

/// The text that a device signs, version 3; version 2 ends before the last two fields. `params.device` must
/// be there.
std::string signed_payload(const ConnectParams& params, bool is_v3);

/// Checks `params.device`, which must be there, against the nonce that this connection was challenged with.
/// The public key's 32 bytes, or the error to answer with.
std::expected<std::string, frames::WireError> check_device_proof(const ConnectParams& params,
                                                                 std::string_view nonce, UnixMillis now);

/// Platform and device family as they are signed and compared: trimmed, ASCII letters in lower case.
std::string normalized_label(std::string_view text);

}  // namespace gw::rpc
