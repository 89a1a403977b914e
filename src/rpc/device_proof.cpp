#include "rpc/device_proof.hpp"

#include <cstdlib>

#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "crypto/ed25519.hpp"

namespace gw::rpc {
namespace {

constexpr std::int64_t kSignatureAgeMsMax = 120'000;

std::unexpected<frames::WireError> refuse(std::string_view message, std::string_view code,
                                          std::string_view reason) {
  return std::unexpected(frames::WireError{.code = "INVALID_REQUEST",
                                           .message = std::string(message),
                                           .details = {{"code", code}, {"reason", reason}}});
}

/// A password is never signed.
std::string signed_token(const ConnectParams::Proofs& auth) {
  if (auth.token) return auth.token->reveal();
  if (auth.device_token) return auth.device_token->reveal();
  if (auth.bootstrap_token) return auth.bootstrap_token->reveal();
  return {};
}

bool is_fresh(UnixMillis signed_at, UnixMillis now) {
  const std::int64_t age_ms = now.value - signed_at.value;  // Both are at least 0, so this cannot overflow.
  return std::abs(age_ms) <= kSignatureAgeMsMax;
}

}  // namespace

std::string normalized_label(std::string_view text) { return lower_ascii(trimmed(text)); }

std::string signed_payload(const ConnectParams& params, bool is_v3) {
  GW_CHECK(params.device.has_value());
  std::string scopes;
  for (const std::string& scope : params.scopes) {
    if (!scopes.empty()) scopes += ',';
    scopes += scope;
  }
  std::string payload = is_v3 ? "v3" : "v2";
  const auto add = [&payload](std::string_view field) { payload.append("|").append(field); };
  add(params.device->id);
  add(params.client.id);
  add(params.client.mode);
  add(params.role);
  add(scopes);
  add(std::to_string(params.device->signed_at.value));
  add(signed_token(params.auth));
  add(params.device->nonce);
  if (is_v3) {
    add(normalized_label(params.client.platform));
    add(normalized_label(params.client.device_family));
  }
  return payload;
}

std::expected<std::string, frames::WireError> check_device_proof(const ConnectParams& params,
                                                                 std::string_view nonce, UnixMillis now) {
  GW_CHECK(params.device.has_value());
  const ConnectParams::DeviceProof& device = *params.device;
  auto key = crypto::read_public_key(device.public_key);
  if (!key) return refuse("device public key invalid", "DEVICE_AUTH_PUBLIC_KEY_INVALID", "device-public-key");
  if (crypto::device_id(*key) != device.id) {
    return refuse("device identity mismatch", "DEVICE_AUTH_DEVICE_ID_MISMATCH", "device-id-mismatch");
  }
  if (!is_fresh(device.signed_at, now)) {
    return refuse("device signature expired", "DEVICE_AUTH_SIGNATURE_EXPIRED", "device-signature-stale");
  }
  if (trimmed(device.nonce).empty()) {
    return refuse("device nonce required", "DEVICE_AUTH_NONCE_REQUIRED", "device-nonce-missing");
  }
  if (!crypto::equal_constant_time(device.nonce, nonce)) {
    return refuse("device nonce mismatch", "DEVICE_AUTH_NONCE_MISMATCH", "device-nonce-mismatch");
  }
  const auto signature = crypto::decode_base64(device.signature);
  if (!signature || !(crypto::verify(*key, signed_payload(params, true), *signature) ||
                      crypto::verify(*key, signed_payload(params, false), *signature))) {
    return refuse("device signature invalid", "DEVICE_AUTH_SIGNATURE_INVALID", "device-signature");
  }
  return *std::move(key);
}

}  // namespace gw::rpc
