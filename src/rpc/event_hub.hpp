#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "ports/connection.hpp"
#include "protocol/frames.hpp"
#include "rpc/client.hpp"

namespace gw::rpc {

/// The payload of an event, as JSON text, for clients of either protocol. Empty text: not sent to them.
struct EventPayload {
  std::string for_3;
  std::string for_4;

  static EventPayload same(const json::Value& payload) {
    std::string text = json::serialize(payload);
    return {text, text};
  }
};

struct EventOptions {
  Scope scope = Scope::None;  ///< Who gets it.
  bool is_droppable = false;  ///< Skipped for a reader that is too slow; others of its kind are cut off.
  bool only_session_watchers = false;  ///< Those who called `sessions.subscribe`.
  std::optional<frames::StateVersion> version;
};

/// Every connection after its hello, and what is sent to all of them. Numbers events per connection.
/// Lives on the control thread.
class EventHub {
 public:
  explicit EventHub(Log& log) : log_(log) {}

  /// `client` and `connection` must stay until `remove`.
  void add(const Client& client, Connection& connection);
  void remove(const std::string& conn_id);
  /// False for a connection that is gone.
  bool watch_sessions(const std::string& conn_id, bool on);

  void broadcast(std::string_view event, const EventPayload& payload, const EventOptions& options);
  /// To one connection, after its hello.
  void send_to(const std::string& conn_id, std::string_view event, const EventPayload& payload,
               const EventOptions& options);

  std::size_t size() const { return peers_.size(); }
  bool has_session_watchers() const { return watchers_ > 0; }
  /// Events that slow readers missed, since the start.
  std::size_t dropped() const { return dropped_; }

 private:
  struct Peer {
    const Client* client;
    Connection* connection;
    std::int64_t seq = 0;
    bool watches_sessions = false;
  };

  void send(Peer& peer, std::string_view event, const EventPayload& payload, const EventOptions& options);

  Log& log_;
  std::map<std::string, Peer, std::less<>> peers_;  // By connection id.
  std::size_t watchers_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace gw::rpc
