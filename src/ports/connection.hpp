#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace gw {

/// The head of one HTTP/1.1 request, bodies are not read in this release. Header names are in lower case.
struct HttpRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string peer_address;  ///< Without the port: `127.0.0.1`, `::1`.
  bool peer_is_loopback = false;

  /// The first header of that lower-case name, or nothing.
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// One open WebSocket. Owned by the listener; valid until its handler's `on_closed` has been called.
/// All calls on the control thread.
class Connection {
 public:
  virtual ~Connection() = default;

  /// Queues one text message. The text is shared, so a broadcast is serialised once.
  /// Ignored after `close`. The caller watches `unsent_bytes` (limits::kUnsentBytesMax).
  virtual void send(std::shared_ptr<const std::string> text) = 0;
  /// Sends a close frame after everything queued, then ends the socket once the peer has answered or
  /// `limits::kCloseGrace` has passed. The reason is cut to 120 bytes. Calling it again does nothing.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  /// Queued and not yet taken by the kernel.
  virtual std::size_t unsent_bytes() const = 0;
  /// Messages may be `limits::kFrameBytesMax` long from now on; before, `limits::kHandshakeFrameBytesMax`.
  /// Pings every `limits::kPingInterval` from now on; a peer that leaves one unanswered until the next is
  /// dropped.
  virtual void handshake_done() = 0;
};

/// Where a WebSocket without a hello stands: all that a handler in another process needs to go on with it.
struct HandshakeState {
  std::string conn_id;
  std::string nonce;
  Instant deadline{};
  std::string unanswered;  ///< The message that was being answered; the next handler gets it first.
};

/// What happens to one WebSocket. Called on the control thread.
class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  /// A whole text or binary message. Not called after `close` was called or before the previous call
  /// returned.
  virtual void on_message(std::string_view text) = 0;
  /// The socket is gone; `connection` must not be used any more. Called exactly once, never from inside
  /// `send`/`close`.
  virtual void on_closed() = 0;
  /// Lets go of a WebSocket before its hello: from now on this handler calls its connection no more, and only
  /// its `on_closed` follows. Nothing when the connection cannot be gone on with elsewhere.
  virtual std::optional<HandshakeState> release() = 0;
};

/// What the listener serves.
class ConnectionAcceptor {
 public:
  virtual ~ConnectionAcceptor() = default;
  /// Answers one plain request.
  virtual HttpResponse handle(const HttpRequest& request) = 0;
  /// The answer to an upgrade that is not wanted; nothing lets it go on.
  virtual std::optional<HttpResponse> refuse_upgrade(const HttpRequest& request) = 0;
  /// A finished WebSocket upgrade. The handler is destroyed after its `on_closed`.
  virtual std::unique_ptr<ConnectionHandler> open(const HttpRequest& request, Connection& connection) = 0;
  /// As `open`, for a WebSocket whose handshake another process began. `unanswered` is empty: that message
  /// comes as the first.
  virtual std::unique_ptr<ConnectionHandler> resume(const HttpRequest& request, Connection& connection,
                                                    const HandshakeState& state) = 0;
};

}  // namespace gw
