#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "json/value.hpp"
#include "rpc/client.hpp"

namespace gw::rpc {

/// One line of the presence list. Empty fields are not sent.
struct PresenceEntry {
  std::string host;
  std::string ip;
  std::string version;
  std::string platform;
  std::string device_family;
  std::string model_identifier;
  std::string mode;
  std::optional<std::int64_t> last_input_seconds;
  std::string reason;
  std::vector<std::string> tags;
  std::string text;
  UnixMillis at;
  std::string device_id;
  std::vector<std::string> roles;
  std::vector<std::string> scopes;
  std::string instance_id;
  std::string client_id;
  std::string time_zone;
  std::optional<UnixMillis> online_since;
};

json::Object to_json(const PresenceEntry& entry);

/// What the gateway says about itself.
struct GatewaySelf {
  std::string host;
  std::string ip;
  std::string version;
  std::string platform;
  std::string device_family;
  std::string model_identifier;
};

/// Who has been seen in the last five minutes. Lives on the control thread.
class Presence {
 public:
  explicit Presence(GatewaySelf self);

  /// Command lines, backends and probes come and go all the time and are not listed.
  static bool is_tracked(const Client& client);

  /// Both return whether the list changed, so that it is worth a `presence` event.
  bool connected(const Client& client, UnixMillis now);
  bool disconnected(const Client& client, UnixMillis now);

  /// Replaces the entry of `key` (a device or instance id); sets its `at`.
  void update(const std::string& key, PresenceEntry entry, UnixMillis now);

  /// The gateway's own entry first, then the newest; at most 200.
  json::Array list(UnixMillis now);

  /// `stateVersion.presence`: starts at 1 and grows with every change. Entries that merely expire do not
  /// count.
  std::int64_t version() const { return version_; }

 private:
  void drop_expired(UnixMillis now);

  GatewaySelf self_;
  std::map<std::string, PresenceEntry> entries_;
  std::int64_t version_ = 1;
};

}  // namespace gw::rpc
