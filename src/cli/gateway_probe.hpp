#pragma once

#include "cli/context.hpp"
#include "cli/target.hpp"

namespace gw::cli {

/// What the scopes of a handshake's `auth` are good for: `admin_capable`, `write_capable`, `read_only`,
/// `connected_no_operator_scope` or `unknown`.
std::string_view capability_of(const json::Object& auth);

/// Connects, and when it `reads` also asks for `status`: `{ok, kind, capability, url, auth?, server?,
/// version?, error?, connectFailure?, gatewayReached?, timedOut?}`. A connection alone makes no device key
/// and asks for no pairing.
json::Object probe_gateway(Context& cli, const Target& target, bool reads, Millis timeout);

}  // namespace gw::cli
