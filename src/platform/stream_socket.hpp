#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "platform/fd.hpp"

namespace gw::platform {

/// A bound and listening socket, not blocking.
struct Listener {
  Fd fd;
  std::string host;        ///< A dotted IPv4 address.
  std::uint16_t port = 0;  ///< The real one, also when 0 was asked for.
};

/// `host` is a dotted IPv4 address; port 0 lets the kernel choose. `Code::Conflict` when the port is taken,
/// `Code::Unavailable` otherwise.
Result<Listener> listen_tcp(const std::string& host, std::uint16_t port);

/// The same while those of `present` still listen, be it on the same port of an address that contains another
/// one (127.0.0.1 and 0.0.0.0). Nobody else can bind to the port meanwhile, except a process of the same user
/// that asks to share it in that instant.
Result<Listener> listen_tcp_beside(std::span<const Listener> present, const std::string& host,
                                   std::uint16_t port);

/// A blocking TCP connection of which every call has a deadline. One thread at a time.
class TcpStream {
 public:
  /// `Code::Unavailable` when the address is unknown or refuses, `Code::TimedOut` at the deadline.
  static Result<TcpStream> connect(const std::string& host, std::uint16_t port, Instant deadline);

  Status write_all(std::string_view bytes, Instant deadline);
  /// At least one byte; 0 when the other side has ended.
  Result<std::size_t> read_some(std::span<char> into, Instant deadline);

 private:
  explicit TcpStream(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace gw::platform
