#pragma once

#include <string>
#include <utility>

namespace gw::net {

/// Owns a descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() { close(); }

  int fd() const { return fd_; }
  void close();

 private:
  int fd_ = -1;
};

struct PeerAddress {
  std::string text;  ///< Without the port. An IPv4 peer of an IPv6 socket is shown as IPv4.
  bool is_loopback = false;
};

struct Accepted {
  enum class Outcome {
    Connection,
    None,          ///< Nobody waits, or another process was faster.
    TryNext,       ///< That one connection was lost; the next may be good.
    NoDescriptor,  ///< The process or the system is out of descriptors or memory: wait.
    Broken,        ///< The listening socket itself is unusable.
  };

  Outcome outcome = Outcome::None;
  Socket socket;  ///< Non-blocking, closed on exec, without Nagle's delay.
  PeerAddress peer;
  int error = 0;  ///< errno of NoDescriptor and Broken.
};

/// Takes one waiting connection; never blocks on a non-blocking listening socket.
Accepted accept_one(int listen_fd);

/// False when `fd` is not a descriptor; errno says why.
bool set_nonblocking(int fd);

}  // namespace gw::net
