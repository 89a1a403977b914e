#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/client.hpp"
#include "cli/target.hpp"

namespace gw::cli {

/// One gateway that `gateway probe` tries.
struct ProbeTarget {
  std::string id;          ///< `explicit`, `configRemote` or `localLoopback`.
  bool is_active = false;  ///< The one that other commands would talk to.
  std::expected<Target, Failure> target;
  Millis budget{};
};

/// What came of it.
struct ProbeResult {
  ProbeTarget asked;
  std::optional<Failure> connect_failure;
  std::optional<Failure> read_failure;  ///< Of the first of the reads below that was refused.
  Millis latency{};                     ///< Until the handshake was done or had failed.
  json::Object hello;
  json::Value health;
  json::Value status;
  json::Value presence;
  json::Value config;  ///< The answer of `config.get`.

  bool is_reachable() const { return !connect_failure.has_value(); }
  bool is_scope_limited() const;
  std::string_view capability() const;
};

/// Every target that can be meant by `input`, the preferred one first. `timeout` is that of the command.
std::vector<ProbeTarget> probe_targets(const TargetInput& input, Millis timeout);

/// Connects without a device, so that nothing is paired, and reads what it may.
ProbeResult probe(const ProbeTarget& target);

/// The entry of `targets[]`.
json::Object to_json(const ProbeResult& result);

}  // namespace gw::cli
