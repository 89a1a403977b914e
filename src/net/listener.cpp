#include "net/listener.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/connection_host.hpp"
#include "net/event_loop.hpp"
#include "net/socket_connection.hpp"
#include "net/sockets.hpp"

namespace gw {
namespace {

using net::Accepted;
using net::SocketConnection;

constexpr std::string_view kSubsystem = "net";
constexpr std::size_t kReadBufferBytes = 65'536;
constexpr int kAcceptsPerTurn = 64;
constexpr int kWaitingMax = 4'096;           // As many as a socket of ours lets wait.
constexpr std::size_t kRefusalsMax = 64;     // Sockets beyond the limit that are told so before they end.
constexpr Millis kAcceptPause{250};          // After running out of descriptors.
constexpr Millis kAcceptWarningGap{60'000};  // Nothing that a client does may fill the log.

}  // namespace

class Listener::Impl final : public net::ConnectionHost {
 public:
  Impl(EventLoop& loop, ConnectionAcceptor& acceptor, Log& log, ListenerOptions options)
      : loop_(loop), acceptor_(acceptor), log_(log), options_(options) {}

  ~Impl() override {
    for (const auto& [connection, owner] : connections_) connection->drop();
    for (const auto& [connection, owner] : connections_) connection->tell_closed();
  }

  Status start(int listen_fd) {
    if (!net::set_nonblocking(listen_fd) || !watch(listen_fd)) {
      return fail(Code::Unavailable, "cannot accept on descriptor " + std::to_string(listen_fd));
    }
    closing_.reset();
    return {};
  }

  void leave(int listen_fd) {
    if (accepts_.contains(listen_fd)) accept_waiting(listen_fd);
    accepts_.erase(listen_fd);
    std::erase(paused_, listen_fd);
  }

  void stop_accepting() {
    accepts_.clear();
    pause_timer_.reset();
    paused_.clear();
  }

  void close_all(std::uint16_t code, std::string_view reason, Callback<> done) {
    closing_ = net::CloseNotice{code, std::string(reason)};
    on_empty_.push_back(std::move(done));
    for (const auto& [connection, owner] : connections_) connection->begin_closing();
    if (connections_.empty()) later([this] { report_if_empty(); });
  }

  std::vector<net::HandedSocket> release_handshakes() {
    std::vector<net::HandedSocket> released;
    std::size_t bytes = 0;
    for (const auto& [connection, owner] : connections_) {
      if (released.size() >= limits::kHandedHandshakesMax || bytes >= limits::kHandedHandshakeBytesMax) break;
      auto handed = connection->release();
      if (!handed) continue;
      bytes += handed->state.size_bytes();
      released.push_back(*std::move(handed));
    }
    return released;
  }

  bool adopt(net::HandedSocket handed) {
    net::PeerAddress peer{handed.state.peer_address, handed.state.peer_is_loopback};
    auto owner = std::make_unique<SocketConnection>(*this, std::move(handed.socket), std::move(peer));
    SocketConnection& connection = *owner;
    connections_.emplace(&connection, std::move(owner));
    const bool is_good = connection.resume(handed.state);
    if (!is_good) connection.drop();
    return is_good;
  }

  std::size_t handshake_count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        connections_, [](const auto& entry) { return entry.first->is_in_handshake(); }));
  }

  std::size_t connection_count() const { return connections_.size(); }

  EventLoop& loop() override { return loop_; }
  ConnectionAcceptor& acceptor() override { return acceptor_; }
  const ListenerOptions& options() const override { return options_; }
  std::span<char> read_buffer() override { return read_buffer_; }
  const std::optional<net::CloseNotice>& closing() const override { return closing_; }

  bool begin_handshake(const std::string& address) override {
    std::size_t& count = handshakes_[address];
    if (count >= options_.handshakes_per_address_max) return false;
    ++count;
    return true;
  }

  void end_handshake(const std::string& address) override {
    const auto found = handshakes_.find(address);
    if (--found->second == 0) handshakes_.erase(found);
  }

  void flush_later(SocketConnection& connection) override {
    if (to_flush_.empty()) later([this] { flush_all(); });
    to_flush_.push_back(&connection);
  }

  void retire(SocketConnection& connection) override {
    later([this, &connection] {
      connection.tell_closed();
      connections_.erase(&connection);
      report_if_empty();
    });
  }

 private:
  bool watch(int listen_fd) {
    auto accepts = loop_.watch_readable(listen_fd, [this, listen_fd] { accept_some(listen_fd); });
    if (!accepts) return false;
    accepts_.insert_or_assign(listen_fd, std::move(accepts));
    return true;
  }

  void accept_some(int listen_fd) {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      if (!accept_next(listen_fd)) return;
    }
  }

  /// Who waits when it is called is accepted; who comes during it may be.
  void accept_waiting(int listen_fd) {
    for (int i = 0; i < kWaitingMax && accept_next(listen_fd); ++i) {
    }
  }

  /// False: nothing more for now.
  bool accept_next(int listen_fd) {
    Accepted accepted = net::accept_one(listen_fd);
    switch (accepted.outcome) {
      case Accepted::Outcome::Connection:
        add(std::move(accepted));
        return true;
      case Accepted::Outcome::TryNext:
        return true;
      case Accepted::Outcome::None:
        return false;
      case Accepted::Outcome::NoDescriptor:
        pause_accepting(listen_fd, accepted.error);
        return false;
      case Accepted::Outcome::Broken:
        log_.error(kSubsystem, "listening socket is unusable", {{"error", std::strerror(accepted.error)}});
        accepts_.erase(listen_fd);
        return false;
    }
    return false;
  }

  void add(Accepted accepted) {
    const bool is_full = connections_.size() >= options_.connections_max;
    if (connections_.size() >= options_.connections_max + kRefusalsMax) return;
    auto owner =
        std::make_unique<SocketConnection>(*this, std::move(accepted.socket), std::move(accepted.peer));
    SocketConnection& connection = *owner;
    if (!connection.start()) return;
    connections_.emplace(&connection, std::move(owner));
    if (is_full) {
      connection.refuse("Too many connections");
    } else if (closing_) {
      connection.begin_closing();
    }
  }

  // The waiting connection would wake us at once again, so leave the socket alone for a while.
  void pause_accepting(int listen_fd, int error) {
    accepts_.erase(listen_fd);
    paused_.push_back(listen_fd);
    if (!pause_timer_) pause_timer_ = loop_.after(kAcceptPause, [this] { resume_accepting(); });
    if (warned_at_ && loop_.now() - *warned_at_ < kAcceptWarningGap) return;
    warned_at_ = loop_.now();
    log_.warn(kSubsystem, "out of descriptors, new connections wait",
              {{"error", std::strerror(error)}, {"connections", connections_.size()}});
  }

  void resume_accepting() {
    pause_timer_.reset();
    for (const int listen_fd : std::exchange(paused_, {})) {
      if (!watch(listen_fd)) log_.error(kSubsystem, "cannot accept again", {{"descriptor", listen_fd}});
    }
  }

  void flush_all() {
    for (SocketConnection* connection : std::exchange(to_flush_, {})) connection->flush();
  }

  void report_if_empty() {
    if (!connections_.empty()) return;
    for (Callback<>& done : std::exchange(on_empty_, {})) done();
  }

  // Calls in the order in which they were asked for, and not after the listener is gone.
  template <typename Work>
  void later(Work work) {
    loop_.post([alive = std::weak_ptr<bool>(alive_), work = std::move(work)]() mutable {
      if (!alive.expired()) work();
    });
  }

  EventLoop& loop_;
  ConnectionAcceptor& acceptor_;
  Log& log_;
  ListenerOptions options_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::array<char, kReadBufferBytes> read_buffer_{};

  std::unordered_map<int, std::unique_ptr<Watch>> accepts_;
  std::vector<int> paused_;
  std::unique_ptr<Timer> pause_timer_;
  std::optional<Instant> warned_at_;

  std::unordered_map<std::string, std::size_t> handshakes_;  // WebSockets before their hello, by address.
  std::optional<net::CloseNotice> closing_;
  std::vector<Callback<>> on_empty_;
  // A connection is in here only while it is alive: it is destroyed by work posted after the flush.
  std::vector<SocketConnection*> to_flush_;
  std::unordered_map<SocketConnection*, std::unique_ptr<SocketConnection>> connections_;
};

Listener::Listener(EventLoop& loop, ConnectionAcceptor& acceptor, Log& log, ListenerOptions options)
    : impl_(std::make_unique<Impl>(loop, acceptor, log, options)) {}

Listener::~Listener() = default;

Status Listener::start(int listen_fd) { return impl_->start(listen_fd); }

void Listener::leave(int listen_fd) { impl_->leave(listen_fd); }

void Listener::stop_accepting() { impl_->stop_accepting(); }

void Listener::close_all(std::uint16_t code, std::string_view reason, Callback<> done) {
  impl_->close_all(code, reason, std::move(done));
}

std::vector<net::HandedSocket> Listener::release_handshakes() { return impl_->release_handshakes(); }

bool Listener::adopt(net::HandedSocket handed) { return impl_->adopt(std::move(handed)); }

std::size_t Listener::handshake_count() const { return impl_->handshake_count(); }

std::size_t Listener::connection_count() const { return impl_->connection_count(); }

}  // namespace gw
