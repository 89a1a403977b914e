#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "json/value.hpp"

namespace gw::rpc {

/// The parameters of `connect`: everything that a client of either protocol generation may send.
/// An optional string that was not sent is empty.
struct ConnectParams {
  struct ClientInfo {
    std::string id;
    std::string version;
    std::string platform;
    std::string mode;
    std::string display_name;
    std::string device_family;
    std::string model_identifier;
    std::string instance_id;
    std::string build_id;
    std::string time_zone;
  };

  /// The client's claim to own a key, not yet checked.
  struct DeviceProof {
    std::string id;
    std::string public_key;
    std::string signature;
    UnixMillis signed_at;
    std::string nonce;
  };

  /// Present or not matters: the signed payload uses the first of them that was sent.
  struct Proofs {
    std::optional<Secret> token;
    std::optional<Secret> bootstrap_token;
    std::optional<Secret> device_token;
    std::optional<Secret> password;
  };

  std::int64_t min_protocol = 0;
  std::int64_t max_protocol = 0;
  ClientInfo client;
  std::string role = "operator";
  std::vector<std::string> scopes;
  std::vector<std::string> caps;
  std::vector<std::string> commands;
  std::vector<std::pair<std::string, bool>> permissions;
  std::string path_env;
  std::string locale;
  std::string user_agent;
  std::optional<DeviceProof> device;
  Proofs auth;
};

/// Checks shape, enumerations and bounds. Fails with `Code::InvalidRequest` and the details that follow
/// `invalid connect params: `. `workerRuns`, `modelCatalog` and `computerUse` are accepted and not read.
Result<ConnectParams> read_connect_params(const json::Value& params);

}  // namespace gw::rpc
