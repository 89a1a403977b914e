#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/connection_host.hpp"
#include "net/output_queue.hpp"
#include "net/sockets.hpp"
#include "ports/connection.hpp"
#include "protocol/handshakes.hpp"
#include "protocol/http_head.hpp"
#include "protocol/websocket.hpp"

namespace gw::net {

/// A socket without a hello on its way to another process, and where it stands.
struct HandedSocket {
  Socket socket;
  handshakes::Handshake state;
};

/// One accepted socket, from its HTTP head to its end. Control thread only.
class SocketConnection final : public Connection {
 public:
  SocketConnection(ConnectionHost& host, Socket socket, PeerAddress peer);
  ~SocketConnection() override;
  SocketConnection(const SocketConnection&) = delete;
  SocketConnection& operator=(const SocketConnection&) = delete;

  /// Begins to read; false when the socket cannot be watched.
  bool start();
  /// Goes on, in place of `start`, where another process was with this socket; false when it cannot.
  bool resume(const handshakes::Handshake& from);
  /// Gives the socket away, unless it has got its hello or is about to end. This object then only waits for
  /// its end. Not to be called while it reads.
  std::optional<HandedSocket> release();
  /// Has neither got a hello nor an answer, and is not about to end.
  bool is_in_handshake() const {
    return phase_ == Phase::Head || (phase_ == Phase::Open && is_in_handshake_);
  }
  /// Answers 503 without waiting for a request, then ends. Call after `start`.
  void refuse(std::string_view text);
  /// A WebSocket is closed with the host's notice; a request that has not arrived yet must do so within the
  /// close grace.
  void begin_closing();
  /// Ends the socket at once, without a close frame.
  void drop();
  /// Writes what is queued.
  void flush();
  /// The socket is gone: calls the handler's `on_closed`.
  void tell_closed();

  void send(std::shared_ptr<const std::string> text) override;
  void close(std::uint16_t code, std::string_view reason) override;
  std::size_t unsent_bytes() const override { return output_.bytes(); }
  void handshake_done() override;

 private:
  enum class Phase {
    Head,       // Reading the request.
    Open,       // A WebSocket.
    Closing,    // Our close frame is queued; the peer's is awaited.
    Ending,     // The last bytes are queued; input is dropped.
    Lingering,  // All is written and our side is shut; input is dropped until the peer's end.
    Gone,
  };

  void on_readable();
  void on_end_of_input();
  void on_head_timeout();
  void on_ping_time();

  void read_head(std::span<char> input);
  void answer_request(std::span<char> rest);
  void upgrade(HttpRequest request, std::string_view accept, std::span<char> rest);
  HttpRequest request_of(http1::RequestHead head) const;
  bool resume_websocket(const handshakes::Handshake& from);
  bool describe(handshakes::Handshake& into);
  std::string take_unsent();
  void respond(int status, const http1::Headers& headers, std::string_view body, bool is_for_head = false);
  void respond(const http1::Refusal& refusal);

  void read_frames(std::span<char> input);
  void on_item(const ws::Item& item);
  void answer_ping(std::string_view payload);
  void queue(ws::Opcode opcode, std::string_view payload);
  void end_handshake();

  bool is_http() const { return head_ != nullptr; }
  void leave();
  void limit_head(Instant deadline);
  void drop_after(Millis limit);
  void request_flush();
  void finish_output();

  ConnectionHost& host_;
  Socket socket_;
  PeerAddress peer_;
  Phase phase_ = Phase::Head;
  bool is_reading_ = false;  // Inside on_readable, which flushes at its end.
  bool is_flush_requested_ = false;
  bool is_waiting_to_write_ = false;
  bool is_in_handshake_ = false;  // Counted by the host.
  bool has_input_ended_ = false;
  bool is_pong_missing_ = false;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<Timer> timer_;  // The one deadline of the phase.
  Instant head_deadline_{};
  // Null once this is a WebSocket.
  std::unique_ptr<http1::HeadReader> head_ = std::make_unique<http1::HeadReader>();
  std::string upgrade_head_;  // Of a WebSocket without its hello.
  ws::Decoder decoder_;
  OutputQueue output_;
  std::optional<std::string> late_pong_;  // Answer to the newest ping that came while output was stuck.
  std::unique_ptr<ConnectionHandler> handler_;
};

}  // namespace gw::net
