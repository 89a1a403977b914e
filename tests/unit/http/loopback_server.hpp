#pragma once

#include <arpa/inet.h>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace gw::test {

/// One accepted connection, driven by a test's script on a thread of its own.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  /// The next whole request, head and body; empty when the client has closed.
  std::string read_request() {
    while (true) {
      const auto head_end = buffer_.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        const std::size_t size = head_end + 4 + content_length(buffer_.substr(0, head_end));
        if (buffer_.size() >= size) {
          std::string request = buffer_.substr(0, size);
          buffer_.erase(0, size);
          return request;
        }
      }
      char part[65'536];
      const auto got = recv(fd_, part, sizeof part, 0);
      if (got <= 0) return {};
      buffer_.append(part, static_cast<std::size_t>(got));
    }
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Sends until the client's side is full for `patience`; what was sent.
  std::size_t send_until_stalled(std::string_view bytes, Millis patience) {
    std::size_t total = 0;
    while (total < bytes.size() && is_writable(patience)) {
      const auto sent = ::send(fd_, bytes.data() + total, bytes.size() - total, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) break;
      total += static_cast<std::size_t>(sent);
    }
    return total;
  }

  /// True once the client has closed; false after `limit` of silence.
  bool is_closed_within(Millis limit) {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return false;
    char byte = 0;
    return recv(fd_, &byte, 1, 0) <= 0;
  }

 private:
  bool is_writable(Millis limit) {
    pollfd waiting{.fd = fd_, .events = POLLOUT, .revents = 0};
    return poll(&waiting, 1, static_cast<int>(limit.count())) > 0;
  }

  static std::size_t content_length(const std::string& head) {
    constexpr std::string_view kName = "\r\ncontent-length: ";
    const std::string lower = lower_ascii(head);
    const auto at = lower.find(kName);
    std::size_t length = 0;
    if (at != std::string::npos) {
      std::from_chars(lower.data() + at + kName.size(), lower.data() + lower.size(), length);
    }
    return length;
  }

  int fd_;
  std::string buffer_;
};

/// A server on a loopback port that the kernel chooses. `script` plays one connection, which is closed at its
/// end.
class LoopbackServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit LoopbackServer(Script script) : script_(std::move(script)), fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    GW_CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    GW_CHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    GW_CHECK(listen(fd_, 16) == 0);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~LoopbackServer() {
    shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    ::close(fd_);
  }

  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url(std::string_view path = "/") const { return "http://" + place() + std::string(path); }
  std::string place() const { return "127.0.0.1:" + std::to_string(port_); }

  int connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  /// False when that takes longer than a test may.
  bool wait_for_connections(int count) {
    std::unique_lock lock(mutex_);
    return accepted_.wait_for(lock, std::chrono::seconds(20), [&] { return connections_ >= count; });
  }

 private:
  void accept_all() {
    while (true) {
      const int fd = accept(fd_, nullptr, nullptr);
      if (fd < 0) return;
      {
        const std::lock_guard lock(mutex_);
        ++connections_;
        open_.push_back(fd);
      }
      accepted_.notify_all();
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    Peer peer(fd);
    script_(peer);
    const std::lock_guard lock(mutex_);
    open_.remove(fd);
    ::close(fd);
  }

  Script script_;
  int fd_;
  int port_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> threads_;  // Of the acceptor until it has ended.

  mutable std::mutex mutex_;
  std::condition_variable accepted_;
  std::list<int> open_;
  int connections_ = 0;
};

/// An address where nobody listens.
inline std::string closed_place() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  GW_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  GW_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

/// A complete response with a length.
inline std::string response(int status, std::string_view body, std::string_view more_headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " Word\r\n" + std::string(more_headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace gw::test
