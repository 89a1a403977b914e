#include <optional>
#include <string>
#include <utility>

#include "cli/commands/gateway_restart.hpp"
#include "cli/connect_params.hpp"
#include "cli/duration.hpp"
#include "cli/restart_follow.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kHealthLimit{60'000};  // Beyond the time that running work is given.

json::Object service_json() {
  return {{"label", "foreground process"},
          {"loaded", false},
          {"loadedText", "enabled"},
          {"notLoadedText", "disabled"}};
}

int not_running(Context& cli) {
  const std::string message = "no running gateway was found for " + cli.paths.state_dir.string();
  const std::string hint = "openclaw gateway run";
  if (!cli.out.is_json()) return cli.out.problem(cli_failure(message, hint));
  cli.out.document(json::Object{{"action", "restart"},
                                {"ok", false},
                                {"result", "not-loaded"},
                                {"error", message},
                                {"hints", json::Array{json::Value(hint)}},
                                {"service", service_json()}});
  return 1;
}

/// The report of a restart that was asked for.
int report(Context& cli, const std::string& sent, const std::optional<RestartEnd>& end,
           const std::string& problem) {
  const bool is_good = problem.empty();
  json::Object document{{"action", "restart"},
                        {"ok", is_good},
                        {"result", is_good ? "restarted" : "restart-health-failed"},
                        {"message", is_good ? sent : problem},
                        {"service", service_json()}};
  if (!is_good) document["error"] = problem;
  if (end) document["restart"] = end->record;
  cli.out.document(document);
  if (is_good) {
    cli.out.line(sent);
    if (end) {
      const std::int64_t gap = json::int_or(end->record, "gapMs", 0);
      cli.out.line("Gateway restarted; clients waited " + std::to_string(gap) + " ms.");
    }
    return 0;
  }
  if (!cli.out.is_json()) cli.out.note(cli.out.bad("error: ") + problem);
  return 1;
}

json::Object intent_of(const Args& args) {
  if (args.has("--force")) return {{"force", true}};
  if (const auto wait = args.text("--wait")) return {{"waitMs", parse_duration(*wait)->count()}};
  return {};
}

/// How long running work may take before the restart begins; nothing: without limit.
std::optional<Millis> drain_budget(const Args& args, const config::Config& config) {
  if (args.has("--force")) return Millis{0};
  const auto wait = args.text("--wait");
  const Millis budget = wait ? *parse_duration(*wait) : config.deferral_limit;
  return budget == Millis{0} ? std::nullopt : std::optional(budget);
}

}  // namespace

int restart_directly(Context& cli, const Args& args) {
  const auto owner = platform::live_lock_owner(cli.paths.lock_file());
  if (!owner) return not_running(cli);
  TargetInput input = target_input(cli, args);
  input.url_flag.reset();
  input.port_flag = std::to_string(owner->port);
  const auto target = resolve_target(input);
  if (!target) return cli.out.problem(target.error());
  const Instant request_by = platform::now() + kRestartRequestLimit;
  auto client = open_session(cli, *target, scopes_for("gateway.restart.request"), request_by);
  if (!client) return cli.out.problem(client.error());
  const json::Object params{
      {"reason", "gateway.restart"},
      {"target", {{"pid", owner->process.pid}, {"ownerId", owner->owner_id}, {"port", owner->port}}},
      {"restartIntent", intent_of(args)}};
  const auto answer = client->call("gateway.restart.request", params, platform::now() + kRestartRequestLimit);
  if (!answer) return cli.out.problem(answer.error());
  const std::string id(answer->is_object() ? json::text_or(answer->get_object(), "id") : "");
  const std::string sent = "Gateway restart request sent to foreground process on port " +
                           std::to_string(owner->port) + ": " + std::to_string(owner->process.pid) + ".";

  const auto budget = drain_budget(args, input.config);
  const auto limit = budget ? std::optional(*budget + kHealthLimit) : std::nullopt;
  const auto deadline = limit ? std::optional(platform::now() + *limit) : std::nullopt;
  std::string phase;
  const auto end =
      follow_restart({.id = id,
                      .client = *std::move(client),
                      .connect =
                          [&](Instant until) {
                            return open_session(cli, *target, scopes_for("gateway.restart.status"), until);
                          },
                      .deadline = deadline,
                      .on_status =
                          [&](const json::Object& status) {
                            const std::string now_in(json::text_or(status, "phase"));
                            if (std::exchange(phase, now_in) != now_in && !cli.out.is_json())
                              cli.out.note("restart: " + now_in);
                          },
                      .pause = sleep_between});
  if (!end) return cli.out.problem(end.error());
  if (!*end) {
    return report(cli, sent, std::nullopt,
                  "Gateway restart timed out after " + std::to_string(limit->count() / 1000) +
                      "s waiting for health checks.");
  }
  const RestartEnd& result = **end;
  if (result.outcome == "restarted") return report(cli, sent, result, "");
  return report(cli, sent, result,
                "Gateway restart " + result.outcome + (result.failure.empty() ? "." : ": " + result.failure));
}

}  // namespace gw::cli
