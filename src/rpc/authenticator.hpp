#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/callback.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "json/value.hpp"
#include "ports/connection.hpp"
#include "ports/loop.hpp"
#include "rpc/client.hpp"
#include "rpc/connect_params.hpp"
#include "rpc/device_registry.hpp"
#include "rpc/gateway_facts.hpp"
#include "rpc/rate_limit.hpp"
#include "rpc/refusals.hpp"
#include "rpc/request_origin.hpp"

namespace gw::rpc {

struct Accepted {
  Client client;
  json::Object
      auth;  ///< `hello.auth`: role, scopes, deviceToken?, issuedAtMs?, method. Holds a secret: never log it.
};

/// What `Authorization: Bearer …` of a plain HTTP request is worth.
struct BearerCheck {
  bool is_ok = false;
  std::optional<Millis> locked_for;  ///< Too many failures from that address.
};

/// Decides who a connecting client is and what it may do (docs/wire.md, "Handshake"). Lives on the control
/// thread. Everything it is given must outlive it; it must outlive the registry's saves that it began.
class Authenticator {
 public:
  using Outcome = std::expected<Accepted, Refused>;

  Authenticator(const config::Config& config, const GatewayFacts& facts, DeviceRegistry& devices, Loop& loop,
                Log& log);

  /// `params` are those of `connect`, `nonce` is the one this connection was challenged with. `params` is not
  /// used after the call returns. `done` is called exactly once, possibly before the call returns; not at all
  /// when the registry ends first.
  void authenticate(HttpRequest head, std::string nonce, const json::Value& params, std::string conn_id,
                    Callback<Outcome> done);

  /// The shared secret as plain HTTP carries it. Failures count against the same limit as those of the
  /// handshake.
  BearerCheck check_bearer(const HttpRequest& request);

 private:
  struct Attempt;

  std::optional<Refused> check_basics(Attempt& attempt) const;
  void check_secret(Attempt& attempt) const;
  Outcome accept_without_device(const Attempt& attempt);
  std::optional<Refused> check_device(Attempt& attempt);
  void check_device_token(Attempt& attempt) const;
  Refused refuse_proofs(const Attempt& attempt);
  Millis count_failure(const HttpRequest& head, ProofKind kind);
  void admit(Attempt attempt, Callback<Outcome> done);
  void forget_failures(const Attempt& attempt);
  const Secret& secret() const;

  const config::Config& config_;
  const GatewayFacts& facts_;
  DeviceRegistry& devices_;
  Loop& loop_;
  Log& log_;
  FailedAuthLimiter limiter_;
};

}  // namespace gw::rpc
