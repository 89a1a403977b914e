#include "rpc/event_hub.hpp"

#include <memory>

#include "base/limits.hpp"

namespace gw::rpc {

void EventHub::add(const Client& client, Connection& connection) {
  peers_.insert_or_assign(client.conn_id, Peer{&client, &connection});
}

void EventHub::remove(const std::string& conn_id) {
  const auto found = peers_.find(conn_id);
  if (found == peers_.end()) return;
  if (found->second.watches_sessions) --watchers_;
  peers_.erase(found);
}

bool EventHub::watch_sessions(const std::string& conn_id, bool on) {
  const auto found = peers_.find(conn_id);
  if (found == peers_.end()) return false;
  if (found->second.watches_sessions != on) {
    found->second.watches_sessions = on;
    on ? ++watchers_ : --watchers_;
  }
  return true;
}

void EventHub::broadcast(std::string_view event, const EventPayload& payload, const EventOptions& options) {
  for (auto& [id, peer] : peers_) send(peer, event, payload, options);
}

void EventHub::send_to(const std::string& conn_id, std::string_view event, const EventPayload& payload,
                       const EventOptions& options) {
  const auto found = peers_.find(conn_id);
  if (found != peers_.end()) send(found->second, event, payload, options);
}

void EventHub::send(Peer& peer, std::string_view event, const EventPayload& payload,
                    const EventOptions& options) {
  if (options.only_session_watchers && !peer.watches_sessions) return;
  if (options.scope != Scope::None && !has_scope(*peer.client, options.scope)) return;
  const std::string& text = peer.client->protocol >= 4 ? payload.for_4 : payload.for_3;
  if (text.empty()) return;

  // A skipped event keeps its number, so that the reader notices the gap and loads what it missed.
  const std::int64_t seq = ++peer.seq;
  if (peer.connection->unsent_bytes() > limits::kUnsentBytesMax) {
    ++dropped_;
    if (options.is_droppable) return;
    log_.warn("gateway/ws", "slow consumer closed", {{"conn", peer.client->conn_id}, {"event", event}});
    return peer.connection->close(1008, "slow consumer");
  }
  peer.connection->send(
      std::make_shared<const std::string>(frames::event(event, text, seq, options.version)));
}

}  // namespace gw::rpc
