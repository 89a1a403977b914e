#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/log.hpp"
#include "config/config.hpp"
#include "gateway/keeper_link.hpp"
#include "net/listener.hpp"
#include "platform/fd.hpp"
#include "rpc/gateway_facts.hpp"

namespace gw::gateway {

/// Where clients come in: the sockets that this generation listens on while it serves, which the keeper gives
/// it and changes when the configuration says so (docs/decisions/0008). Lives on the control thread.
class Entrance {
 public:
  struct Parts {
    KeeperLink& keeper;
    Listener& listener;
    Log& log;
    const config::Config& running;
    rpc::GatewayFacts& facts;  ///< Host and port follow.
    /// Why the gateway does not listen where the configuration says; nothing when it does.
    std::function<void(std::optional<config::Issue>)> settle;
    std::function<void(const Error&)> fail;  ///< A socket cannot be used.
  };

  /// `sockets` are those of a generation without a keeper.
  Entrance(Parts parts, std::vector<platform::Fd> sockets)
      : parts_(std::move(parts)), sockets_(std::move(sockets)) {}

  /// Calls `done` at once, or, where everybody could come in and the configuration says loopback, when the
  /// keeper has moved there or cannot.
  void make_safe(std::function<void()> done);
  /// Accepts from now on. `Code::InvalidRequest` where everybody could come in, `Code::Unavailable` when the
  /// system refuses.
  Status open();
  /// Leaves who comes to the successor, or, before a stop, to nobody.
  void close();
  bool is_open() const { return is_open_; }

  /// Tells the keeper what the configuration says, also when nothing changed: what it has may come from
  /// another generation.
  void announce();

  void on_listening(const keeper::Listening& message, std::vector<platform::Fd> sockets);
  void on_adopted(const keeper::Adopted& message);
  void log_address() const;

 private:
  Status start(const std::vector<platform::Fd>& sockets);

  Parts parts_;
  std::vector<platform::Fd> sockets_;
  bool is_open_ = false;
  std::function<void()> on_safe_;  // While a move is waited for before it opens.
  std::int64_t attempt_ = 0;       // The latest that was announced.
};

}  // namespace gw::gateway
