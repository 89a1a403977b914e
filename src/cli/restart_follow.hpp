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

/// Asks `gateway.restart.status` for restart `id` until it is over, through the restart itself: a connection
/// that ends is opened again. `on_phase` is told each new phase. Nothing once `deadline` has passed; no
/// deadline: never gives up. Fails only when the gateway no longer knows the restart or refuses to answer.
std::expected<std::optional<RestartEnd>, Failure> follow_restart(
    const std::function<std::expected<Client, Failure>()>& connect, std::optional<Client> client,
    const std::string& id, std::optional<Instant> deadline,
    const std::function<void(const std::string&)>& on_phase);

}  // namespace gw::cli
