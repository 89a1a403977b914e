#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/client.hpp"
#include "cli/context.hpp"

namespace gw::cli {

/// Connects as this state directory's own device, with those scopes.
std::expected<Client, Failure> open_session(const Context& cli, const Target& target,
                                            std::vector<std::string> scopes, Instant deadline);

/// The same for a probe, which makes nothing: only a device that is there already is used.
std::expected<Client, Failure> open_probe(const Context& cli, const Target& target,
                                          std::vector<std::string> scopes, Instant deadline);

struct Call {
  std::string method;
  json::Value params;         ///< Null: none are sent.
  bool is_two_stage = false;  ///< As in Client::call.
};

/// Opens a session with the scopes of the method, calls it, and says goodbye.
std::expected<json::Value, Failure> call_once(const Context& cli, const Target& target, const Call& call,
                                              Instant deadline);

/// What the gateway that the options mean answers within `--timeout` (10 s). A method that only reads is
/// asked again when a restart comes between.
std::expected<json::Value, Failure> ask_gateway(const Context& cli, const Args& args, const Call& call);

inline constexpr int kCloseServiceRestart = 1012;
inline constexpr int kHandOverAttemptsMax = 5;  ///< Restarts are seconds apart; a stop ends it at once.

/// What `ask` has for an outcome; asked again while a restart closes the connection before the answer. `ask`
/// opens a connection of its own each time, ends by its deadline, and may be repeated without harm.
template <typename Ask>
auto again_after_hand_over(Ask ask) {
  for (int attempt = 1;; ++attempt) {
    auto outcome = ask();
    if (outcome || outcome.error().close_code != kCloseServiceRestart || attempt == kHandOverAttemptsMax) {
      return outcome;
    }
  }
}

}  // namespace gw::cli
