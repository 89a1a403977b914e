#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/callback.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "ports/connection.hpp"

namespace gw {

class EventLoop;
namespace net {
struct HandedSocket;
}

/// Bounds that an operator or a test may set; the defaults are the product's.
struct ListenerOptions {
  Millis handshake_timeout =
      limits::kHandshakeTimeout;  ///< For a whole request head, and for the peer to take its answer.
  Millis ping_interval = limits::kPingInterval;
  Millis close_grace = limits::kCloseGrace;
  std::size_t handshakes_per_address_max = limits::kHandshakesPerAddressMax;
  std::size_t connections_max = limits::kConnectionsMax;
};

/// Serves HTTP requests and WebSockets on listening sockets that belong to someone else. Control thread only.
class Listener {
 public:
  /// All three outlive the listener.
  Listener(EventLoop& loop, ConnectionAcceptor& acceptor, Log& log, ListenerOptions options = {});
  /// Drops every connection without a close frame; handlers are told.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Accepts on a bound and listening socket from now on; may be called for several. Other processes may
  /// accept on the same socket. The descriptor becomes non-blocking and must stay open until
  /// `stop_accepting`; it is never closed or shut down here. `Code::Unavailable` when it cannot be watched.
  Status start(int listen_fd);

  /// Accepts who waits there and then no more: that socket may be closed now, and nobody was refused.
  void leave(int listen_fd);

  /// Leaves new connections to the other processes. `start` may be called again, also after `close_all`.
  void stop_accepting();

  /// Closes every WebSocket with that code and reason, as Connection::close does. Requests on their way are
  /// still answered, and new WebSockets closed the same way, within `limits::kCloseGrace`. `done` is called
  /// later, once no connection is left.
  void close_all(std::uint16_t code, std::string_view reason, Callback<> done);

  /// Takes out the connections that have neither got a hello nor an answer, so that another process can go on
  /// with them: up to `limits::kHandedHandshakesMax` and `limits::kHandedHandshakeBytesMax`. The others stay.
  /// Call after `stop_accepting`.
  std::vector<net::HandedSocket> release_handshakes();

  /// Goes on with such a connection; false when it had to be closed, e.g. because its state is damaged.
  bool adopt(net::HandedSocket handed);

  /// Connections that have neither got a hello nor an answer.
  std::size_t handshake_count() const;

  /// Open sockets, WebSocket or not.
  std::size_t connection_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gw
