#include "rpc/authenticator.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "rpc/device_proof.hpp"

namespace gw::rpc {
namespace {

constexpr std::int64_t kOldestProtocol = 3;
constexpr std::int64_t kNewestProtocol = 4;
constexpr std::string_view kSubsystem = "gateway/auth";
constexpr std::string_view kByDeviceToken = "device-token";

/// Hashes have one length, so neither content nor length of the secret shows in the time taken.
bool is_equal(const Secret& secret, std::string_view text) {
  return crypto::equal_constant_time(crypto::sha256(secret.reveal()), crypto::sha256(text));
}

bool was_sent(const std::optional<Secret>& secret) { return secret && !secret->empty(); }

bool is_operator_ui(const ConnectParams::ClientInfo& client) {
  return client.id == "openclaw-control-ui" || (client.id == "openclaw-tui" && client.mode == "ui");
}

bool needs_origin(const ConnectParams::ClientInfo& client) {
  return client.id == "openclaw-control-ui" || client.id == "webchat-ui" || client.id == "webchat" ||
         client.mode == "webchat";
}

bool is_native_ui(const ConnectParams::ClientInfo& client) {
  constexpr std::array<std::string_view, 6> kIds{"openclaw-macos", "openclaw-ios",     "openclaw-android",
                                                 "openclaw-linux", "openclaw-watchos", "openclaw-tui"};
  return std::ranges::find(kIds, client.id) != kIds.end();
}

bool is_backend(const ConnectParams::ClientInfo& client) {
  return client.id == "gateway-client" && client.mode == "backend";
}

bool is_cli(const ConnectParams::ClientInfo& client) { return client.id == "cli" && client.mode == "cli"; }

}  // namespace

/// One handshake on its way through the checks.
struct Authenticator::Attempt {
  HttpRequest head;
  std::string nonce;
  std::string conn_id;
  ConnectParams params;
  Instant now;
  UnixMillis wall_now;
  bool is_local = false;
  int protocol = 0;
  std::string method;                  // How it proved itself; empty until then.
  std::optional<AuthFailure> failure;  // Why it did not, so far.
  bool is_secret_wrong = false;        // A shared secret was sent and compared.
  Millis retry_after{0};
  std::string public_key;

  bool sent_secret() const { return was_sent(params.auth.token) || was_sent(params.auth.password); }

  Client client(std::vector<std::string> scopes) const {
    return {.conn_id = conn_id,
            .client_id = params.client.id,
            .client_mode = params.client.mode,
            .client_version = params.client.version,
            .display_name = params.client.display_name,
            .platform = params.client.platform,
            .device_family = params.client.device_family,
            .model_identifier = params.client.model_identifier,
            .instance_id = params.client.instance_id,
            .time_zone = params.client.time_zone,
            .role = params.role,
            .scopes = std::move(scopes),
            .caps = params.caps,
            .device_id = params.device ? params.device->id : std::string(),
            .address = head.peer_address,
            .protocol = protocol,
            .is_local = is_local,
            .connected_at = wall_now,
            .auth_method = method};
  }
};

namespace {

Accepted accepted(Client client, const Grant* grant) {
  json::Object auth{{"role", client.role},
                    {"scopes", json::Array(client.scopes.begin(), client.scopes.end())}};
  if (grant) {
    auth.emplace("deviceToken", grant->token.reveal());
    auth.emplace("issuedAtMs", grant->issued_at.value);
  }
  auth.emplace("method", client.auth_method);
  return {std::move(client), std::move(auth)};
}

}  // namespace

Authenticator::Authenticator(const config::Config& config, const GatewayFacts& facts, DeviceRegistry& devices,
                             Loop& loop, Log& log)
    : config_(config), facts_(facts), devices_(devices), loop_(loop), log_(log) {}

void Authenticator::authenticate(HttpRequest head, std::string nonce, const json::Value& params,
                                 std::string conn_id, Callback<Outcome> done) {
  auto read = read_connect_params(params);
  if (!read) return done(std::unexpected(refused_params(read.error().message)));
  const bool local = is_local(head);
  Attempt attempt{.head = std::move(head),
                  .nonce = std::move(nonce),
                  .conn_id = std::move(conn_id),
                  .params = *std::move(read),
                  .now = loop_.now(),
                  .wall_now = loop_.wall_now(),
                  .is_local = local};
  if (auto refusal = check_basics(attempt)) return done(std::unexpected(*std::move(refusal)));
  check_secret(attempt);
  if (!attempt.params.device) return done(accept_without_device(attempt));
  if (auto refusal = check_device(attempt)) return done(std::unexpected(*std::move(refusal)));
  admit(std::move(attempt), std::move(done));
}

std::optional<Refused> Authenticator::check_basics(Attempt& attempt) const {
  const ConnectParams& params = attempt.params;
  if (!devices_.is_loaded()) return refused_starting();
  const std::int64_t chosen = std::min(params.max_protocol, kNewestProtocol);
  if (chosen < std::max(params.min_protocol, kOldestProtocol)) return refused_protocol(params);
  attempt.protocol = static_cast<int>(chosen);
  if (params.role != "operator" && params.role != "node") return refused_role();
  if (attempt.head.header("origin").empty() && !needs_origin(params.client)) return std::nullopt;
  const OriginVerdict verdict = check_origin(attempt.head, config_, facts_.port);
  if (verdict == OriginVerdict::Allowed) return std::nullopt;
  return refused_origin(verdict == OriginVerdict::Unreadable);
}

const Secret& Authenticator::secret() const {
  return config_.auth_mode == config::AuthMode::Password ? config_.password : config_.token;
}

void Authenticator::check_secret(Attempt& attempt) const {
  const auto& auth = attempt.params.auth;
  if (config_.auth_mode == config::AuthMode::None) {
    attempt.method = "none";
  } else if (secret().empty()) {
    attempt.failure = AuthFailure::SecretNotConfigured;
  } else if (!attempt.sent_secret()) {
    attempt.failure = AuthFailure::SecretMissing;
  } else if (const auto wait =
                 limiter_.locked_for(attempt.head.peer_address, ProofKind::SharedSecret, attempt.now);
             wait && !attempt.is_local) {
    attempt.failure = AuthFailure::RateLimited;
    attempt.retry_after = *wait;
  } else if ((was_sent(auth.token) && is_equal(secret(), auth.token->reveal())) ||
             (was_sent(auth.password) && is_equal(secret(), auth.password->reveal()))) {
    attempt.method = config::name_of(config_.auth_mode);
  } else {
    attempt.failure = AuthFailure::SecretMismatch;
    attempt.is_secret_wrong = true;
  }
}

Authenticator::Outcome Authenticator::accept_without_device(const Attempt& attempt) {
  const auto& client = attempt.params.client;
  if (is_operator_ui(client)) return std::unexpected(refused_ui_without_device());
  if (attempt.failure && attempt.sent_secret()) return std::unexpected(refuse_proofs(attempt));
  if (attempt.failure || attempt.params.role != "operator") return std::unexpected(refused_without_device());
  const bool is_open = config_.auth_mode == config::AuthMode::None;
  const bool is_own_backend = attempt.is_local && is_backend(client);
  if (is_open && !is_own_backend) return std::unexpected(refused_without_device());
  forget_failures(attempt);
  const bool keeps_scopes = is_own_backend || (attempt.is_local && is_cli(client));
  auto scopes = keeps_scopes ? known_scopes(attempt.params.scopes) : std::vector<std::string>();
  return accepted(attempt.client(std::move(scopes)), nullptr);
}

std::optional<Refused> Authenticator::check_device(Attempt& attempt) {
  auto key = check_device_proof(attempt.params, attempt.nonce, attempt.wall_now);
  if (!key) return refused(std::move(key).error());
  attempt.public_key = crypto::base64url(*key);
  if (attempt.failure) check_device_token(attempt);
  if (attempt.failure) return refuse_proofs(attempt);
  forget_failures(attempt);
  return std::nullopt;
}

/// A device may show the token that it was given, in its own field or in that of the shared secret.
void Authenticator::check_device_token(Attempt& attempt) const {
  const auto& auth = attempt.params.auth;
  const bool is_explicit = was_sent(auth.device_token);
  if (!is_explicit && !was_sent(auth.token)) {
    if (was_sent(auth.bootstrap_token)) attempt.failure = AuthFailure::BootstrapTokenInvalid;
    return;
  }
  const auto wait = limiter_.locked_for(attempt.head.peer_address, ProofKind::DeviceToken, attempt.now);
  if (wait && !attempt.is_local) {
    if (is_explicit) {
      attempt.failure = AuthFailure::RateLimited;
      attempt.retry_after = *wait;
    }
    return;
  }
  const std::string& id = attempt.params.device->id;
  const std::string& role = attempt.params.role;
  const std::string& token = (is_explicit ? auth.device_token : auth.token)->reveal();
  switch (devices_.check_token(id, role, token)) {
    case TokenCheck::Ok:
      if (covers(devices_.find(id, role)->scopes, known_scopes(attempt.params.scopes)) ||
          role != "operator") {
        attempt.failure.reset();
        attempt.method = kByDeviceToken;
      } else {
        attempt.failure = AuthFailure::ScopeMismatch;
      }
      return;
    case TokenCheck::Wrong:
      if (is_explicit) attempt.failure = AuthFailure::DeviceTokenMismatch;
      return;
    case TokenCheck::UnknownDevice:
      if (is_explicit) attempt.failure = AuthFailure::DeviceTokenUnknown;
      return;
  }
}

Refused Authenticator::refuse_proofs(const Attempt& attempt) {
  const AuthFailure failure = *attempt.failure;
  const auto& auth = attempt.params.auth;
  Millis delay{0};
  if (attempt.is_secret_wrong && failure != AuthFailure::ScopeMismatch) {
    delay = count_failure(attempt.head, ProofKind::SharedSecret);
  }
  if (failure == AuthFailure::DeviceTokenMismatch || failure == AuthFailure::DeviceTokenUnknown) {
    delay = std::max(delay, count_failure(attempt.head, ProofKind::DeviceToken));
  }
  Refused result =
      refused_auth({.failure = failure,
                    .mode = config_.auth_mode,
                    .can_retry_with_device_token = failure == AuthFailure::SecretMismatch &&
                                                   attempt.params.device.has_value() &&
                                                   was_sent(auth.token) && !was_sent(auth.device_token),
                    .retry_after = attempt.retry_after});
  result.delay = delay;
  return result;
}

Millis Authenticator::count_failure(const HttpRequest& head, ProofKind kind) {
  const auto outcome = limiter_.failed(head.peer_address, is_local(head), kind, loop_.now());
  if (outcome.is_locked_now)
    log_.warn(kSubsystem, "address locked after failed proofs", {{"address", head.peer_address}});
  if (outcome.is_first) log_.info(kSubsystem, "wrong proof refused", {{"address", head.peer_address}});
  return outcome.delay;
}

void Authenticator::forget_failures(const Attempt& attempt) {
  const ProofKind kind = attempt.method == kByDeviceToken ? ProofKind::DeviceToken : ProofKind::SharedSecret;
  limiter_.succeeded(attempt.head.peer_address, attempt.is_local, kind);
}

void Authenticator::admit(Attempt attempt, Callback<Outcome> done) {
  const ConnectParams& params = attempt.params;
  auto scopes = params.role == "operator" ? known_scopes(params.scopes) : std::vector<std::string>();
  PairingAsk ask{.device_id = params.device->id,
                 .public_key = attempt.public_key,
                 .role = params.role,
                 .scopes = scopes,
                 .platform = normalized_label(params.client.platform),
                 .device_family = normalized_label(params.client.device_family),
                 .display_name = params.client.display_name,
                 .client_id = params.client.id,
                 .client_mode = params.client.mode,
                 .address = attempt.head.peer_address};
  // A page from elsewhere runs in a local browser, but nobody at this machine need have asked for it.
  const bool is_owner = attempt.is_local && !is_foreign_page(attempt.head);
  const bool is_by_token = attempt.method == kByDeviceToken;
  const bool is_page = !attempt.head.header("origin").empty();
  const SilentApproval silent{
      .new_device = is_owner,
      .role = is_owner && params.role == "operator",
      .scopes = is_owner && !is_by_token,
      .metadata = is_owner && (is_native_ui(params.client) || !(is_page || is_by_token))};
  Client client = attempt.client(std::move(scopes));
  PairingAsk asked = ask;
  const bool needs_no_pairing = is_owner && !is_by_token;
  devices_.admit(std::move(ask), silent, attempt.wall_now,
                 [this, client = std::move(client), asked = std::move(asked), needs_no_pairing,
                  done = std::move(done)](DeviceRegistry::AdmitOutcome outcome) mutable {
                   if (outcome) return done(accepted(std::move(client), &*outcome));
                   if (const auto* pairing = std::get_if<PairingRefused>(&outcome.error())) {
                     return done(std::unexpected(refused_pairing(asked, *pairing)));
                   }
                   log_.error(kSubsystem, "device pairing not saved",
                              {{"error", std::get<Error>(outcome.error()).message}});
                   // A full disk must not lock the owner out: the secret that was shown is enough for this
                   // time.
                   if (needs_no_pairing) return done(accepted(std::move(client), nullptr));
                   done(std::unexpected(refused_storage()));
                 });
}

BearerCheck Authenticator::check_bearer(const HttpRequest& request) {
  if (config_.auth_mode == config::AuthMode::None) return {.is_ok = true};
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view header = trimmed(request.header("authorization"));
  if (lower_ascii(header.substr(0, kScheme.size())) != kScheme || secret().empty()) return {};
  const bool local = is_local(request);
  const auto wait = limiter_.locked_for(request.peer_address, ProofKind::SharedSecret, loop_.now());
  if (wait && !local) return {.locked_for = wait};
  if (is_equal(secret(), trimmed(header.substr(kScheme.size())))) {
    limiter_.succeeded(request.peer_address, local, ProofKind::SharedSecret);
    return {.is_ok = true};
  }
  (void)count_failure(request, ProofKind::SharedSecret);
  return {};
}

}  // namespace gw::rpc
