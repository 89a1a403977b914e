#include "unit/net/net_fixture.hpp"

#include <array>
#include <chrono>
#include <future>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

#include <gtest/gtest.h>

namespace gw::test {
namespace {

constexpr std::chrono::seconds kPatience{10};

struct Address {
  explicit Address(int family, std::uint16_t port) {
    if (family == AF_INET6) {
      v6.sin6_family = AF_INET6;
      v6.sin6_addr = in6addr_any;
      v6.sin6_port = htons(port);
    } else {
      v4.sin_family = AF_INET;
      v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      v4.sin_port = htons(port);
    }
  }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }

  union {
    sockaddr_storage storage{};
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  socklen_t size = sizeof(storage);
};

class ScriptedHandler final : public ConnectionHandler {
 public:
  ScriptedHandler(const Script& script, Connection& connection, Counter& closed)
      : script_(script), connection_(connection), closed_(closed) {}
  void on_message(std::string_view text) override { script_.message(connection_, text); }
  void on_closed() override { closed_.add(); }
  std::optional<HandshakeState> release() override { return script_.release(); }

 private:
  const Script& script_;
  Connection& connection_;
  Counter& closed_;
};

}  // namespace

ListeningSocket::ListeningSocket(int family) : socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  Address address(family, 0);
  const socklen_t size = family == AF_INET6 ? sizeof(address.v6) : sizeof(address.v4);
  if (::bind(fd(), address.get(), size) != 0 || ::listen(fd(), 128) != 0) return;
  ::getsockname(fd(), address.get(), &address.size);
  port = ntohs(family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

void Counter::add() {
  const std::scoped_lock lock(mutex_);
  ++count_;
  changed_.notify_all();
}

bool Counter::wait_for(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return count_ >= count; });
}

int Counter::value() {
  const std::scoped_lock lock(mutex_);
  return count_;
}

void RecordingLog::write(LogLevel, std::string_view, std::string_view message,
                         std::initializer_list<LogField>) {
  {
    const std::scoped_lock lock(mutex_);
    last_message_ = message;
  }
  lines.add();
}

std::string RecordingLog::last_message() {
  const std::scoped_lock lock(mutex_);
  return last_message_;
}

Server::Server(Script script, ListenerOptions options) : script_(std::move(script)) {
  begin(socket.fd(), options);
}

Server::Server(int listen_fd, Script script, ListenerOptions options) : script_(std::move(script)) {
  begin(listen_fd, options);
}

void Server::begin(int listen_fd, ListenerOptions options) {
  listener = std::make_unique<Listener>(loop, *this, log, options);
  EXPECT_TRUE(listener->start(listen_fd));
  thread_ = std::thread([this] { loop.run(); });
}

Server::~Server() {
  on_loop([this] { listener.reset(); });
  loop.stop();
  thread_.join();
}

HttpResponse Server::handle(const HttpRequest& request) { return script_.handle(request); }

std::unique_ptr<ConnectionHandler> Server::open(const HttpRequest& request, Connection& connection) {
  script_.open(request, connection);
  last = &connection;
  opened.add();
  return std::make_unique<ScriptedHandler>(script_, connection, closed);
}

std::unique_ptr<ConnectionHandler> Server::resume(const HttpRequest& request, Connection& connection,
                                                  const HandshakeState& state) {
  script_.resume(request, state);
  last = &connection;
  opened.add();
  return std::make_unique<ScriptedHandler>(script_, connection, closed);
}

void Server::on_loop(const std::function<void()>& work) {
  std::promise<void> done;
  loop.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

bool Server::is_empty_soon() {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::size_t count = 1;
  while (count > 0 && std::chrono::steady_clock::now() < until) {
    on_loop([&] { count = listener->connection_count(); });
  }
  return count == 0;
}

Client::Client(std::uint16_t port, int receive_buffer_bytes)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(receive_buffer_bytes));
  }
  if (port != 0) connect(port);
}

void Client::connect(std::uint16_t port) {
  const int on = 1;
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  Address address(AF_INET, port);
  EXPECT_EQ(::connect(fd(), address.get(), sizeof(address.v4)), 0);
}

void Client::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // The server has ended; what the test reads next tells.
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Client::write_bytewise(std::string_view bytes) {
  for (const char c : bytes) write({&c, 1});
}

bool Client::fill() {
  std::array<char, 65'536> buffer;
  const ssize_t count = ::recv(fd(), buffer.data(), buffer.size(), 0);
  EXPECT_FALSE(count < 0 && errno == EAGAIN) << "the server sends nothing";
  if (count > 0) input_.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

std::optional<std::string> Client::read_to_end() {
  while (fill()) {
  }
  if (::recv(fd(), nullptr, 0, MSG_DONTWAIT) < 0) return std::nullopt;
  return std::exchange(input_, {});
}

std::string Client::upgrade(std::string_view extra_bytes) {
  write(std::string(kUpgradeRequest) + std::string(extra_bytes));
  std::size_t end = std::string::npos;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos && fill()) {
  }
  if (end == std::string::npos) return {};
  std::string head = input_.substr(0, end + 4);
  input_.erase(0, end + 4);
  return head;
}

void Client::send_text(std::string_view text) { send_frame(ws::Opcode::Text, text); }

void Client::send_frame(ws::Opcode opcode, std::string_view payload) {
  write(ws::encode_masked(opcode, payload, {9, 8, 7, 6}));
}

Client::Frame Client::read_frame() {
  for (;;) {
    std::span<char> input(input_);
    const ws::Item item = decoder_.next(input);
    Frame frame{item.kind, item.code, std::string(item.payload)};
    input_.erase(0, input_.size() - input.size());
    if (frame.kind != ws::Item::Kind::NeedMore || !fill()) return frame;
  }
}

std::string Client::read_text() {
  Frame frame = read_frame();
  EXPECT_EQ(frame.kind, ws::Item::Kind::Message);
  return std::move(frame.payload);
}

void Client::end_output() { ::shutdown(fd(), SHUT_WR); }

void Client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  socket_.close();
}

}  // namespace gw::test
