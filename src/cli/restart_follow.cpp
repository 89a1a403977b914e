#include "cli/restart_follow.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kPollInterval{20};
constexpr Millis kPollIntervalLongest{500};
constexpr Millis kAnswerLimit{5'000};
constexpr Millis kSilenceLimit{60'000};  // Longer than a successor may take to start.

std::optional<RestartEnd> end_of(const json::Object& status) {
  const json::Object* restart = json::object_at(status, "restart");
  if (!restart) return std::nullopt;
  const std::string_view outcome = json::text_or(*restart, "outcome");
  if (outcome.empty()) return std::nullopt;
  return RestartEnd{std::string(outcome), std::string(json::text_or(*restart, "failure")), *restart};
}

/// The status of the restart; nothing when there is no answer now but may be one later.
std::expected<std::optional<json::Object>, Failure> ask(Following& f) {
  const Instant until = platform::now() + kAnswerLimit;
  if (!f.client) {
    auto connected = f.connect(until);
    if (!connected) return std::nullopt;
    f.client = *std::move(connected);
  }
  auto status = f.client->call("gateway.restart.status", json::Object{{"id", f.id}}, until);
  if (status) return status->is_object() ? std::optional(std::move(status->get_object())) : std::nullopt;
  if (status.error().kind == Failure::Kind::Request && !status.error().is_retryable) {
    return std::unexpected(std::move(status).error());
  }
  if (status.error().kind == Failure::Kind::Transport) f.client.reset();
  return std::nullopt;
}

}  // namespace

std::expected<std::optional<RestartEnd>, Failure> follow_restart(Following f) {
  Millis wait = kPollInterval;
  Instant answered_at = platform::now();
  while (!f.deadline || platform::now() < *f.deadline) {
    const auto status = ask(f);
    if (!status) return std::unexpected(status.error());
    if (*status) {
      answered_at = platform::now();
      if (auto end = end_of(**status)) {
        f.client->close();
        return end;
      }
      if (json::text_or(**status, "phase") == "idle" && !json::object_at(**status, "restart")) {
        const std::string serving = std::to_string(json::int_or(**status, "generation", 0));
        return std::unexpected(cli_failure("generation " + serving + " serves and has no record of restart " +
                                               f.id + "; the database may have refused it (a full disk)",
                                           "openclaw gateway restart history"));
      }
      f.on_status(**status);
    } else if (f.is_gone && f.is_gone()) {
      return std::unexpected(
          cli_failure("the gateway was stopped before the restart was over", "openclaw gateway status"));
    } else if (!f.deadline && platform::now() - answered_at >= kSilenceLimit) {
      return std::unexpected(cli_failure("the gateway has not answered for " +
                                             std::to_string(kSilenceLimit.count() / 1'000) +
                                             " s; it may have been stopped",
                                         "openclaw gateway status"));
    }
    if (!f.pause(wait)) return std::nullopt;
    wait = std::min(kPollIntervalLongest, wait + kPollInterval);
  }
  return std::nullopt;
}

bool sleep_between(Millis time) {
  std::this_thread::sleep_for(time);
  return true;
}

}  // namespace gw::cli
