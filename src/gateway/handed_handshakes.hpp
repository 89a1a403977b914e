#pragma once

#include <cstddef>
#include <vector>

#include "base/log.hpp"
#include "gateway/keeper_link.hpp"
#include "net/listener.hpp"
#include "net/socket_connection.hpp"

namespace gw::gateway {

/// The clients in mid-handshake of a hand-over: out of one generation, into the other. Lives on the control
/// thread; what it is given outlives it.
class HandedHandshakes {
 public:
  HandedHandshakes(KeeperLink& keeper, Listener& listener, Log& log)
      : keeper_(keeper), listener_(listener), log_(log) {}

  /// Takes them out of the listener and gives them to the keeper. Those that cannot go stay with the
  /// listener; how many is logged.
  void hand_over();
  /// Descriptors that came from the keeper: kept until `adopt`.
  void receive(std::vector<platform::Fd> descriptors);
  /// Lets the listener go on with all that were received.
  void adopt();

 private:
  Status send(const std::vector<net::HandedSocket>& sockets);
  Result<std::vector<net::HandedSocket>> read(std::vector<platform::Fd> descriptors) const;

  KeeperLink& keeper_;
  Listener& listener_;
  Log& log_;
  std::vector<platform::Fd> received_;
};

}  // namespace gw::gateway
