#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "keeper/request.hpp"
#include "platform/stream_socket.hpp"

namespace gw::keeper {

/// `Port 18789 is held by pid 4711 (name).`, a line for each holder; empty when nobody is found.
std::string holders_of(std::uint16_t port);

/// Opens the sockets of a gateway that listens on `host`: that one, and loopback on the same port where it is
/// not part of it, since programs of this machine come there. Errors as those of `listen_tcp`, with the
/// holders of a port that is taken.
Result<std::vector<platform::Listener>> open_listeners(const std::string& host, std::uint16_t port);

/// Where clients reach the gateway: the listening sockets, and their move when the configuration says so.
class Endpoint {
 public:
  struct Parts {
    std::vector<platform::Listener> listeners;  ///< The first one is that of the configuration.
    /// `decide_bind_host` of this start.
    std::function<std::expected<std::string, Refusal>(const ListenWish&)> decide;
    std::function<void(std::uint16_t port)> on_moved;  ///< Tells who looks for the gateway; may be empty.
  };

  explicit Endpoint(Parts parts) : parts_(std::move(parts)) {}

  std::vector<int> fds() const;
  std::uint16_t port() const { return parts_.listeners.front().port; }
  const std::string& host() const { return parts_.listeners.front().host; }

  /// Opens the sockets that `wish` means before the present ones are closed, so that one is always open.
  /// False when they are the present ones. After an error it listens as before: `Code::Conflict` when the
  /// port is taken, `Code::InvalidRequest` for a wish that is refused, `Code::Unavailable` otherwise.
  Result<bool> move(const ListenWish& wish);

 private:
  Parts parts_;
};

}  // namespace gw::keeper
