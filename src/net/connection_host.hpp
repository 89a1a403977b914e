#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "net/event_loop.hpp"
#include "net/listener.hpp"
#include "ports/connection.hpp"

namespace gw::net {

class SocketConnection;

/// A close that every WebSocket gets.
struct CloseNotice {
  std::uint16_t code = 0;
  std::string reason;
};

/// What the connections of one listener share and tell. All on the control thread.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  virtual EventLoop& loop() = 0;
  virtual ConnectionAcceptor& acceptor() = 0;
  virtual const ListenerOptions& options() const = 0;
  /// Room for one read; its content does not outlive the callback that filled it.
  virtual std::span<char> read_buffer() = 0;
  /// Set once all WebSockets are to be closed.
  virtual const std::optional<CloseNotice>& closing() const = 0;

  /// Counts one WebSocket before its hello; false when its address has too many of them.
  virtual bool begin_handshake(const std::string& address) = 0;
  virtual void end_handshake(const std::string& address) = 0;
  /// Calls `flush` later in this turn.
  virtual void flush_later(SocketConnection& connection) = 0;
  /// The socket is closed: tell its handler and destroy it, both later.
  virtual void retire(SocketConnection& connection) = 0;
};

}  // namespace gw::net
