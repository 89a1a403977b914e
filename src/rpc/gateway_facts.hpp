#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace gw::rpc {

/// Who this gateway is, to those that ask.
struct GatewayFacts {
  std::string boot_id;     ///< New for each generation.
  std::string device_id;   ///< Of the gateway's own key.
  std::string public_key;  ///< base64url.
  std::string owner_id;    ///< Of the keeper's lock: a targeted restart must name it, or the next one.
  std::string generation_owner_id;  ///< What OpenClaw's command line finds while this generation serves.
  int generation = 1;
  std::string host;  ///< That it listens on, a dotted IPv4 address.
  std::uint16_t port = 0;
  Instant started_at;
};

}  // namespace gw::rpc
