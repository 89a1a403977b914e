#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "config/config.hpp"
#include "protocol/frames.hpp"
#include "rpc/connect_params.hpp"
#include "rpc/device_registry.hpp"

/// Every way in which a handshake can end badly, as it looks on the wire (docs/wire.md, "Refusals").
namespace gw::rpc {

/// Send `error`, then close with `close_code` and `close_reason`.
struct Refused {
  frames::WireError error;
  std::uint16_t close_code = 1008;
  std::string close_reason;  ///< At most 120 bytes.
  Millis delay{
      0};  ///< The caller waits this long before it sends anything: guessing on this machine is slow.
};

/// Closes 1008 with the message as the reason.
Refused refused(frames::WireError error);

Refused refused_params(std::string_view detail);
Refused refused_starting();
Refused refused_protocol(const ConnectParams& params);
Refused refused_role();
/// `is_unreadable`: there is no `Origin` header, or it is not an origin.
Refused refused_origin(bool is_unreadable);
Refused refused_without_device();
Refused refused_ui_without_device();
Refused refused_pairing(const PairingAsk& ask, const PairingRefused& pairing);
/// The approval could not be written down; trying again may help.
Refused refused_storage();

/// Why neither the shared secret nor a token was good enough.
enum class AuthFailure {
  SecretMissing,
  SecretMismatch,
  SecretNotConfigured,
  BootstrapTokenInvalid,
  DeviceTokenMismatch,
  DeviceTokenUnknown,  ///< This gateway never gave that device a token.
  ScopeMismatch,
  RateLimited,
};

struct AuthFailureFacts {
  AuthFailure failure;
  config::AuthMode mode = config::AuthMode::Token;
  bool can_retry_with_device_token = false;
  Millis retry_after{0};  ///< For RateLimited.
};

Refused refused_auth(const AuthFailureFacts& facts);

}  // namespace gw::rpc
