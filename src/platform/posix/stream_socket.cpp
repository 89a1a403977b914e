#include "platform/stream_socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <limits>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "platform/clock.hpp"

namespace gw::platform {
namespace {

// Connections wait here while one generation follows another; the kernel cuts it to its own limit.
constexpr int kBacklog = 4'096;
constexpr std::string_view kEverywhere = "0.0.0.0";

Status wait_for(int fd, short events, Instant deadline, const char* what) {
  for (;;) {
    const auto left = (deadline - now()).count();
    pollfd entry{fd, events, 0};
    const auto wait = std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max());
    const int ready = ::poll(&entry, 1, static_cast<int>(wait));
    if (ready > 0) return {};
    if (ready == 0) return fail(Code::TimedOut, std::string(what) + " timed out");
    if (errno != EINTR) return system_error(Code::Unavailable, what);
  }
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<Fd> connect_one(const addrinfo& address, Instant deadline, const std::string& what) {
  Fd fd(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
  if (!fd) return system_error(Code::Unavailable, what);
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return fd;
  if (errno != EINPROGRESS) return system_error(Code::Unavailable, what);
  if (auto waited = wait_for(fd.get(), POLLOUT, deadline, what.c_str()); !waited) {
    return std::unexpected(std::move(waited).error());
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(Code::Unavailable, what + ": " + std::generic_category().message(error));
  return fd;
}

void share_port(int fd, bool on) {
  const int value = on ? 1 : 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, sizeof value);
}

Result<Listener> listen_on(const std::string& host, std::uint16_t port, bool is_shared) {
  const std::string what = "cannot listen on " + host + ":" + std::to_string(port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return fail(Code::Unavailable, what + ": not an IPv4 address");
  }
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error(Code::Unavailable, what);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (is_shared) share_port(fd.get(), true);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return system_error(errno == EADDRINUSE ? Code::Conflict : Code::Unavailable, what);
  }
  socklen_t size = sizeof address;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return system_error(Code::Unavailable, what);
  }
  return Listener{std::move(fd), host, ntohs(address.sin_port)};
}

}  // namespace

Result<Listener> listen_tcp(const std::string& host, std::uint16_t port) {
  return listen_on(host, port, false);
}

// Linux looks at the option of both sockets when one is bound, and only then. But of a port that was shared
// once it remembers it while anybody listens there, and lets in whoever asks to share: nobody may ask who can
// do without, or two gateways would have one port.
Result<Listener> listen_tcp_beside(std::span<const Listener> present, const std::string& host,
                                   std::uint16_t port) {
  auto alone = listen_tcp(host, port);
  const auto overlaps = [&](const Listener& one) {
    return one.port == port && one.host != host && (one.host == kEverywhere || host == kEverywhere);
  };
  if (alone || alone.error().code != Code::Conflict || std::ranges::none_of(present, overlaps)) return alone;
  for (const Listener& one : present) share_port(one.fd.get(), true);
  auto opened = listen_on(host, port, true);
  for (const Listener& one : present) share_port(one.fd.get(), false);
  if (opened) share_port(opened->fd.get(), false);
  return opened;
}

Result<TcpStream> TcpStream::connect(const std::string& host, std::uint16_t port, Instant deadline) {
  const std::string what = "connecting to " + host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return fail(Code::Unavailable, what + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  Result<Fd> fd = fail(Code::Unavailable, what + ": no address");
  for (const addrinfo* address = list; address && !fd; address = address->ai_next) {
    fd = connect_one(*address, deadline, what);
  }
  if (!fd) return std::unexpected(std::move(fd).error());
  return TcpStream(*std::move(fd));
}

Status TcpStream::write_all(std::string_view bytes, Instant deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (auto waited = wait_for(fd_.get(), POLLOUT, deadline, "sending"); !waited) return waited;
    } else if (errno != EINTR) {
      return system_error(Code::Unavailable, "sending");
    }
  }
  return {};
}

Result<std::size_t> TcpStream::read_some(std::span<char> into, Instant deadline) {
  for (;;) {
    const ssize_t size = ::recv(fd_.get(), into.data(), into.size(), 0);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (auto waited = wait_for(fd_.get(), POLLIN, deadline, "reading"); !waited) {
        return std::unexpected(std::move(waited).error());
      }
    } else if (errno != EINTR) {
      return system_error(Code::Unavailable, "reading");
    }
  }
}

}  // namespace gw::platform
