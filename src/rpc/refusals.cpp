#include "rpc/refusals.hpp"

#include "base/text.hpp"

namespace gw::rpc {
namespace {

using frames::WireError;

constexpr std::size_t kCloseReasonBytesMax = 120;
constexpr std::size_t kDetailBytesMax = 2'048;  // A client that sends nonsense does not get all of it back.
constexpr Millis kStartingRetry{500};
constexpr Millis kStorageRetry{1'000};
constexpr std::uint16_t kTryAgainLater = 1013;
constexpr std::uint16_t kProtocolError = 1002;

WireError invalid(std::string message, json::Object details = {}) {
  return {.code = "INVALID_REQUEST", .message = std::move(message), .details = std::move(details)};
}

std::string_view message_of(PairingReason reason) {
  switch (reason) {
    case PairingReason::NotPaired:
      return "pairing required: device is not approved yet";
    case PairingReason::RoleUpgrade:
      return "pairing required: device is asking for a higher role than currently approved";
    case PairingReason::ScopeUpgrade:
      return "pairing required: device is asking for more scopes than currently approved";
    case PairingReason::MetadataUpgrade:
      return "pairing required: device identity changed and must be re-approved";
  }
  return {};
}

std::string_view remedy_for(PairingReason reason) {
  switch (reason) {
    case PairingReason::NotPaired:
      return "Approve the device on the gateway host, then connect again.";
    case PairingReason::RoleUpgrade:
      return "Approve the new role on the gateway host, then connect again.";
    case PairingReason::ScopeUpgrade:
      return "Approve the additional scopes on the gateway host, or ask for fewer.";
    case PairingReason::MetadataUpgrade:
      return "Check that this is still the same device, then approve it again on the gateway host.";
  }
  return {};
}

/// What differs between the modes: the noun of the messages and where a person sets the secret.
struct SecretWords {
  std::string_view noun;
  std::string_view prefix;  ///< Of `details.code`.
  std::string_view client_hint;
  std::string_view gateway_hint;
};

SecretWords words_for(config::AuthMode mode) {
  if (mode == config::AuthMode::Password) {
    return {"password", "AUTH_PASSWORD_",
            "give the client the gateway's password, for example in gateway.remote.password",
            "set gateway.auth.password or OPENCLAW_GATEWAY_PASSWORD"};
  }
  return {"token", "AUTH_TOKEN_", "give the client the gateway's token, for example in gateway.remote.token",
          "set gateway.auth.token or OPENCLAW_GATEWAY_TOKEN"};
}

struct AuthText {
  std::string reason;
  std::string code;
  std::string message;
  std::string_view next_step;
};

AuthText about_secret(AuthFailure failure, config::AuthMode mode) {
  const SecretWords words = words_for(mode);
  const std::string noun(words.noun);
  const std::string prefix(words.prefix);
  const std::string start = "unauthorized: gateway " + noun;
  if (failure == AuthFailure::SecretMissing) {
    return {noun + "_missing", prefix + "MISSING",
            start + " missing (" + std::string(words.client_hint) + ")", "update_auth_configuration"};
  }
  if (failure == AuthFailure::SecretNotConfigured) {
    return {noun + "_missing_config", prefix + "NOT_CONFIGURED",
            start + " not configured on gateway (" + std::string(words.gateway_hint) + ")",
            "update_auth_configuration"};
  }
  return {noun + "_mismatch", prefix + "MISMATCH",
          start + " mismatch (" + std::string(words.client_hint) + ")", "update_auth_credentials"};
}

AuthText text_of(const AuthFailureFacts& facts) {
  switch (facts.failure) {
    case AuthFailure::SecretMissing:
    case AuthFailure::SecretMismatch:
    case AuthFailure::SecretNotConfigured:
      break;
    case AuthFailure::BootstrapTokenInvalid:
      return {"bootstrap_token_invalid", "AUTH_BOOTSTRAP_TOKEN_INVALID",
              "unauthorized: bootstrap token invalid or expired (scan a fresh setup code)",
              "review_auth_configuration"};
    case AuthFailure::DeviceTokenMismatch:
      return {"device_token_mismatch", "AUTH_DEVICE_TOKEN_MISMATCH",
              "unauthorized: device token mismatch (rotate/reissue device token)", "update_auth_credentials"};
    case AuthFailure::DeviceTokenUnknown:
      // The code of a mismatch, since clients drop a stale token when they see it.
      return {"device_token_mismatch", "AUTH_DEVICE_TOKEN_MISMATCH",
              "unauthorized: device token rejected (pair/repair this device, or provide gateway " +
                  std::string(words_for(facts.mode).noun) + ")",
              "update_auth_credentials"};
    case AuthFailure::ScopeMismatch:
      return {"scope_mismatch", "AUTH_SCOPE_MISMATCH",
              "unauthorized: device token scope mismatch (re-pair or approve scope upgrade)",
              "review_auth_configuration"};
    case AuthFailure::RateLimited:
      return {"rate_limited", "AUTH_RATE_LIMITED",
              "unauthorized: too many failed authentication attempts (retry later)", "wait_then_retry"};
  }
  return about_secret(facts.failure, facts.mode);
}

json::Array to_json(const std::vector<std::string>& texts) { return json::Array(texts.begin(), texts.end()); }

}  // namespace

Refused refused(WireError error) {
  std::string reason(cut_utf8(error.message, kCloseReasonBytesMax));
  return {.error = std::move(error), .close_reason = std::move(reason)};
}

Refused refused_params(std::string_view detail) {
  return refused(invalid("invalid connect params: " + std::string(cut_utf8(detail, kDetailBytesMax))));
}

Refused refused_starting() {
  return {.error = {.code = "UNAVAILABLE",
                    .message = "gateway starting; retry shortly",
                    .details = {{"reason", "startup-sidecars"}},
                    .is_retryable = true,
                    .retry_after = kStartingRetry},
          .close_code = kTryAgainLater,
          .close_reason = "gateway starting"};
}

Refused refused_protocol(const ConnectParams& params) {
  Refused result = refused(invalid("protocol mismatch", {{"code", "PROTOCOL_MISMATCH"},
                                                         {"clientMinProtocol", params.min_protocol},
                                                         {"clientMaxProtocol", params.max_protocol},
                                                         {"expectedProtocol", 4},
                                                         {"minimumProbeProtocol", 3}}));
  result.close_code = kProtocolError;
  return result;
}

Refused refused_role() { return refused(invalid("invalid role")); }

Refused refused_origin(bool is_unreadable) {
  const std::string reason = is_unreadable ? "origin missing or invalid" : "origin not allowed";
  return refused(invalid(reason + " (open the page from the gateway host, or add its origin to "
                                  "gateway.controlUi.allowedOrigins)",
                         {{"code", "CONTROL_UI_ORIGIN_NOT_ALLOWED"}, {"reason", reason}}));
}

Refused refused_without_device() {
  return refused({.code = "NOT_PAIRED",
                  .message = "device identity required",
                  .details = {{"code", "DEVICE_IDENTITY_REQUIRED"}}});
}

Refused refused_ui_without_device() {
  return refused(invalid("control ui requires device identity (use HTTPS or localhost secure context)",
                         {{"code", "CONTROL_UI_DEVICE_IDENTITY_REQUIRED"}}));
}

Refused refused_pairing(const PairingAsk& ask, const PairingRefused& pairing) {
  const std::string message(message_of(pairing.reason));
  json::Object details{{"code", "PAIRING_REQUIRED"},
                       {"reason", name_of(pairing.reason)},
                       {"requestId", pairing.request_id},
                       {"remediationHint", remedy_for(pairing.reason)},
                       {"deviceId", ask.device_id},
                       {"requestedRole", ask.role},
                       {"requestedScopes", to_json(ask.scopes)}};
  if (!pairing.approved_roles.empty()) {
    details.emplace("approvedRoles", to_json(pairing.approved_roles));
    details.emplace("approvedScopes", to_json(pairing.approved_scopes));
  }
  Refused result = refused({.code = "NOT_PAIRED", .message = message, .details = std::move(details)});
  result.close_reason = cut_utf8(message + " (requestId: " + pairing.request_id + ")", kCloseReasonBytesMax);
  return result;
}

Refused refused_storage() {
  Refused result = refused({.code = "UNAVAILABLE",
                            .message = "device pairing could not be saved",
                            .is_retryable = true,
                            .retry_after = kStorageRetry});
  result.close_code = kTryAgainLater;
  return result;
}

Refused refused_auth(const AuthFailureFacts& facts) {
  const AuthText text = text_of(facts);
  const bool can_retry = facts.can_retry_with_device_token;
  Refused result = refused(invalid(
      text.message, {{"code", text.code},
                     {"authReason", text.reason},
                     {"canRetryWithDeviceToken", can_retry},
                     {"recommendedNextStep", can_retry ? "retry_with_device_token" : text.next_step}}));
  if (facts.failure == AuthFailure::RateLimited) {
    result.error.is_retryable = true;
    result.error.retry_after = facts.retry_after;
  }
  return result;
}

}  // namespace gw::rpc
