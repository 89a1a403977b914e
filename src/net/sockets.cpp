#include "net/sockets.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gw::net {
namespace {

constexpr std::uint32_t kLoopbackNetwork = 127;

PeerAddress describe(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &address, text.data(), text.size());
  return {text.data(), ntohl(address.s_addr) >> 24 == kLoopbackNetwork};
}

PeerAddress describe(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr inner{};
    std::memcpy(&inner, address.s6_addr + 12, sizeof(inner));
    return describe(inner);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  return {text.data(), IN6_IS_ADDR_LOOPBACK(&address)};
}

PeerAddress describe(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    return describe(v4.sin_addr);
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    return describe(v6.sin6_addr);
  }
  return {"unknown", false};
}

Accepted::Outcome outcome_of(int error) {
  switch (error) {
    case EAGAIN:
      return Accepted::Outcome::None;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Accepted::Outcome::NoDescriptor;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
      return Accepted::Outcome::Broken;
    default:
      return Accepted::Outcome::TryNext;
  }
}

}  // namespace

void Socket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Accepted accept_one(int listen_fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  const int fd =
      ::accept4(listen_fd, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return {.outcome = outcome_of(errno), .socket = {}, .peer = {}, .error = errno};
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return {
      .outcome = Accepted::Outcome::Connection, .socket = Socket(fd), .peer = describe(address), .error = 0};
}

bool set_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

}  // namespace gw::net
