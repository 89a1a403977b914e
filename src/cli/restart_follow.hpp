#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "cli/client.hpp"

namespace gw::cli {

/// How a restart ended.
struct RestartEnd {
  std::string outcome;  ///< `restarted`, `failed`, `cancelled`.
  std::string failure;  ///< Why, unless it was `restarted`.
  json::Object record;  ///< All that the gateway knows of it.
};

/// A restart to be followed, and what happens meanwhile.
struct Following {
  std::string id;
  std::optional<Client> client;  ///< A connection to begin with.
  std::function<std::expected<Client, Failure>(Instant deadline)> connect;
  std::optional<Instant> deadline;                            ///< Nothing: as long as the gateway answers.
  std::function<void(const json::Object& status)> on_status;  ///< Told each answer.
  std::function<bool()> is_gone{};    ///< Whether the gateway was stopped; unset: not known.
  std::function<bool(Millis)> pause;  ///< Waits that long between two questions; false: follow no more.
};

/// Asks `gateway.restart.status` until the restart is over, through the restart itself: a connection that
/// ends is opened again. Nothing once the deadline has passed or `pause` says so. Fails when the gateway no
/// longer knows the restart, refuses to answer or is gone, or without a deadline when it has been silent for
/// a minute.
std::expected<std::optional<RestartEnd>, Failure> follow_restart(Following following);

/// Pauses by sleeping, always to go on.
bool sleep_between(Millis time);

}  // namespace gw::cli
