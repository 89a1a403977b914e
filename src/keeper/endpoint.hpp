#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "keeper/request.hpp"
#include "platform/stream_socket.hpp"

namespace gw::keeper {

/// `Port 18789 is held by pid 4711 (name).`, a line for each holder; empty when nobody is found.
std::string holders_of(std::uint16_t port);

/// Where clients reach the gateway: the listening socket, and its move when the configuration says so.
class Endpoint {
 public:
  struct Parts {
    platform::Listener listener;
    std::string host;  ///< That it is bound to.
    /// `decide_bind_host` of this start.
    std::function<std::expected<std::string, Refusal>(const ListenWish&)> decide;
    std::function<void(std::uint16_t port)> on_moved;  ///< Tells who looks for the gateway; may be empty.
  };

  explicit Endpoint(Parts parts) : parts_(std::move(parts)) {}

  int fd() const { return parts_.listener.fd.get(); }
  std::uint16_t port() const { return parts_.listener.port; }
  const std::string& host() const { return parts_.host; }

  /// Opens the socket that `wish` means before the present one is closed, so that one of them is always open.
  /// False when it is the present one. After an error it listens as before: `Code::Conflict` when the port is
  /// taken, `Code::InvalidRequest` for a wish that is refused, `Code::Unavailable` otherwise.
  Result<bool> move(const ListenWish& wish);

 private:
  Parts parts_;
};

}  // namespace gw::keeper
