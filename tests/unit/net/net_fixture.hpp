#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/event_loop.hpp"
#include "net/listener.hpp"
#include "net/sockets.hpp"
#include "protocol/websocket.hpp"

namespace gw::test {

/// A bound and listening TCP socket on a port that the kernel chose.
struct ListeningSocket {
  explicit ListeningSocket(int family = 2 /* AF_INET */);
  int fd() const { return socket.fd(); }

  net::Socket socket;
  std::uint16_t port = 0;
};

/// Counts events of other threads; `wait_for` gives up after a few seconds.
class Counter {
 public:
  void add();
  bool wait_for(int count);
  int value();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

class RecordingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view subsystem, std::string_view message,
             std::initializer_list<LogField> fields) override;
  Counter lines;
  std::string last_message();

 private:
  std::mutex mutex_;
  std::string last_message_;
};

/// What the test wants of the served side. Called on the control thread.
struct Script {
  /// Where a WebSocket stands that is to be released.
  std::function<std::optional<HandshakeState>()> release = [] { return HandshakeState{}; };
  std::function<void(const HttpRequest&, const HandshakeState&)> resume = [](const HttpRequest&,
                                                                             const HandshakeState&) {};
  std::function<HttpResponse(const HttpRequest&)> handle = [](const HttpRequest&) { return HttpResponse{}; };
  std::function<void(const HttpRequest&, Connection&)> open = [](const HttpRequest&, Connection&) {};
  std::function<void(Connection&, std::string_view)> message = [](Connection& connection,
                                                                  std::string_view text) {
    connection.send(std::make_shared<const std::string>(text));
  };
};

/// A listener on a loop of its own in a second thread.
class Server final : public ConnectionAcceptor {
 public:
  explicit Server(Script script = {}, ListenerOptions options = {});
  /// On a socket that someone else listens on as well.
  Server(int listen_fd, Script script, ListenerOptions options = {});
  ~Server() override;

  std::optional<HttpResponse> refuse_upgrade(const HttpRequest&) override { return refusal; }
  HttpResponse handle(const HttpRequest& request) override;
  std::unique_ptr<ConnectionHandler> open(const HttpRequest& request, Connection& connection) override;
  std::unique_ptr<ConnectionHandler> resume(const HttpRequest& request, Connection& connection,
                                            const HandshakeState& state) override;

  /// Runs `work` on the control thread and waits for its end.
  void on_loop(const std::function<void()>& work);
  /// Waits until no connection is left.
  bool is_empty_soon();

  ListeningSocket socket;
  EventLoop loop;
  RecordingLog log;
  std::unique_ptr<Listener> listener;
  Counter closed;  ///< Calls of `on_closed`.
  Counter opened;
  std::atomic<Connection*> last = nullptr;
  std::optional<HttpResponse> refusal;  ///< The answer to every upgrade; set before clients come.

 private:
  void begin(int listen_fd, ListenerOptions options);

  Script script_;
  std::thread thread_;
};

/// A blocking client. Reading gives up after a few seconds.
class Client {
 public:
  Client() = default;
  explicit Client(std::uint16_t port, int receive_buffer_bytes = 0);

  void connect(std::uint16_t port);
  void write(std::string_view bytes);
  void write_bytewise(std::string_view bytes);
  /// What arrives until the server ends its side; nothing when it does not.
  std::optional<std::string> read_to_end();
  /// The response head of a successful or refused upgrade.
  std::string upgrade(std::string_view extra_bytes = {});

  void send_text(std::string_view text);
  void send_frame(ws::Opcode opcode, std::string_view payload);

  struct Frame {
    ws::Item::Kind kind = ws::Item::Kind::NeedMore;
    int code = 0;
    std::string payload;
    bool operator==(const Frame&) const = default;
  };
  /// The next item; NeedMore when the server ended the connection instead.
  Frame read_frame();
  /// The payload of the next frame, which must be a message.
  std::string read_text();
  bool is_ended() { return read_frame().kind == ws::Item::Kind::NeedMore; }

  void end_output();
  /// Ends the connection so that the server sees an error.
  void reset();
  int fd() const { return socket_.fd(); }

 private:
  bool fill();

  net::Socket socket_;
  std::string input_;
  ws::Decoder decoder_{ws::Role::Client, 1U << 30};
};

inline Client::Frame close_frame(int code, std::string reason) {
  return {ws::Item::Kind::Close, code, std::move(reason)};
}

inline constexpr std::string_view kUpgradeRequest =
    "GET /any?x=1 HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

}  // namespace gw::test
