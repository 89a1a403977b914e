#include "cli/restart_follow.hpp"

#include <algorithm>
#include <thread>

#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kPollInterval{20};
constexpr Millis kPollIntervalLongest{500};
constexpr Millis kAnswerLimit{5'000};

std::optional<RestartEnd> end_of(const json::Object& status) {
  const json::Object* restart = json::object_at(status, "restart");
  if (!restart) return std::nullopt;
  const std::string_view outcome = json::text_or(*restart, "outcome");
  if (outcome.empty()) return std::nullopt;
  return RestartEnd{std::string(outcome), std::string(json::text_or(*restart, "failure")), *restart};
}

}  // namespace

std::expected<std::optional<RestartEnd>, Failure> follow_restart(
    const std::function<std::expected<Client, Failure>()>& connect, std::optional<Client> client,
    const std::string& id, std::optional<Instant> deadline,
    const std::function<void(const std::string&)>& on_phase) {
  const json::Object params{{"id", id}};
  std::string phase;
  Millis wait = kPollInterval;
  while (!deadline || platform::now() < *deadline) {
    if (!client) {
      if (auto connected = connect()) client = *std::move(connected);
    }
    if (client) {
      auto status = client->call("gateway.restart.status", params, platform::now() + kAnswerLimit);
      if (status && status->is_object()) {
        const json::Object& answer = status->get_object();
        if (auto end = end_of(answer)) {
          client->close();
          return end;
        }
        const std::string now_in(json::text_or(answer, "phase"));
        if (now_in == "idle" && !json::object_at(answer, "restart")) {
          return std::unexpected(cli_failure("the gateway does not know restart " + id + " any more"));
        }
        if (now_in != phase) on_phase(now_in);
        phase = now_in;
      } else if (!status && status.error().kind == Failure::Kind::Request && !status.error().is_retryable) {
        return std::unexpected(status.error());
      } else if (!status && status.error().kind == Failure::Kind::Transport) {
        client.reset();
      }
    }
    std::this_thread::sleep_for(wait);
    wait = std::min(kPollIntervalLongest, wait + kPollInterval);
  }
  return std::nullopt;
}

}  // namespace gw::cli
