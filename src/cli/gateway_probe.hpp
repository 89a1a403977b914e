#pragma once

#include "cli/context.hpp"
#include "cli/target.hpp"

namespace gw::cli {

/// Connects, and when it `reads` also asks for `status`: `{ok, kind, capability, url, auth?, server?,
/// version?, error?, connectFailure?, gatewayReached?, timedOut?}`. A connection alone makes no device key
/// and asks for no pairing.
json::Object probe_gateway(Context& cli, const Target& target, bool reads, Millis timeout);

}  // namespace gw::cli
