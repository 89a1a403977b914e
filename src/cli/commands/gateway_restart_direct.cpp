#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands/gateway_restart.hpp"
#include "cli/connect_params.hpp"
#include "cli/duration.hpp"
#include "cli/restart_follow.hpp"
#include "cli/service_access.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr std::string_view kName = "restart";
constexpr Millis kHealthLimit{60'000};  // Beyond the time that running work is given.

/// The service as far as a restart is concerned with it.
struct Service {
  std::unique_ptr<service::Manager> manager;
  service::Outcome<service::State> state;
  bool is_ours = false;  ///< Installed, and of this state directory.

  json::Object shown() const { return service_json(*manager, is_ours && state->is_enabled); }
};

Service find_service(const Context& cli) {
  Service found{.manager = service_manager(cli), .state = {}, .is_ours = false};
  found.state = found.manager->state();
  found.is_ours = found.state && is_ours(cli, *found.state);
  return found;
}

/// Nobody runs: an installed service is started; without one there is nothing to restart.
int start_stopped(Context& cli) {
  const Service service = find_service(cli);
  if (!service.is_ours) {
    std::vector<service::Hint> hints{
        {"install", "openclaw " + service::profile_words(cli.paths.profile) + "gateway run"}};
    std::string message = "no running gateway was found for " + cli.paths.state_dir.string();
    if (service.state) hints = hints_for(cli, {service::Problem::Kind::NotInstalled, {}});
    if (service.state && service.state->fault) {
      message += ", and its service cannot be started: " + service.state->fault->message;
      hints = {remedy_of(cli, *service.state->fault)};
    }
    return report(cli, {.name = kName,
                        .is_ok = false,
                        .result = "not-loaded",
                        .message = std::move(message),
                        .hints = std::move(hints),
                        .service = service.shown()});
  }
  if (const auto refused = invalid_config(cli, kName)) return report(cli, *refused);
  if (auto done = service.manager->start(); !done)
    return report_problem(cli, kName, *service.manager, done.error());
  return report(cli, {.name = kName,
                      .result = "restarted",
                      .message = "Gateway service was stopped; it is started.",
                      .service = service.shown()});
}

/// The report of a restart that was asked for.
int report_restart(Context& cli, const Service& service, const std::string& done,
                   const std::optional<RestartEnd>& end, const std::string& problem) {
  const bool is_good = problem.empty();
  json::Object document{{"action", kName},
                        {"ok", is_good},
                        {"result", is_good ? "restarted" : "restart-health-failed"},
                        {"message", is_good ? done : problem},
                        {"service", service.shown()}};
  if (!is_good) document["error"] = problem;
  if (end) document["restart"] = end->record;
  cli.out.document(document);
  if (is_good) {
    cli.out.line(done);
    if (end) {
      const std::int64_t gap = json::int_or(end->record, "gapMs", 0);
      cli.out.line("Gateway restarted; clients waited " + std::to_string(gap) + " ms.");
    }
    return 0;
  }
  if (!cli.out.is_json()) {
    cli.out.note(cli.out.bad("error: ") + problem);
    cli.out.note("Try: openclaw " + service::profile_words(cli.paths.profile) + "gateway restart history");
  }
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
  if (!owner) return start_stopped(cli);
  TargetInput input = target_input(cli, args);
  input.url_flag.reset();
  input.port_flag = std::to_string(owner->port);
  const auto target = resolve_target(input);
  if (!target) return cli.out.problem(target.error());
  const Instant request_by = platform::now() + kRestartRequestLimit;
  auto client = open_session(cli, *target, scopes_for("gateway.restart.request"), request_by);
  if (!client) return cli.out.problem(hung(client.error()));
  const json::Object params{
      {"reason", "gateway.restart"},
      {"target", {{"pid", owner->process.pid}, {"ownerId", owner->owner_id}, {"port", owner->port}}},
      {"restartIntent", intent_of(args)}};
  const auto answer = client->call("gateway.restart.request", params, platform::now() + kRestartRequestLimit);
  if (!answer) return cli.out.problem(hung(answer.error()));
  const std::string id(answer->is_object() ? json::text_or(answer->get_object(), "id") : "");
  const Service service = find_service(cli);
  const bool is_managed = (service.is_ours && service.state->pid == owner->process.pid) ||
                          platform::service_unit_of(owner->process).has_value();
  const std::string done = is_managed ? "Gateway service restarted."
                                      : "Gateway restart request sent to foreground process on port " +
                                            std::to_string(owner->port) + ": " +
                                            std::to_string(owner->process.pid) + ".";

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
                      .is_gone = [&] { return !platform::live_lock_owner(cli.paths.lock_file()); },
                      .pause = sleep_between});
  if (!end) return cli.out.problem(end.error());
  if (!*end) {
    return report_restart(cli, service, done, std::nullopt,
                          "Gateway restart timed out after " + std::to_string(limit->count() / 1000) +
                              "s waiting for health checks.");
  }
  const RestartEnd& result = **end;
  if (result.outcome == "restarted") return report_restart(cli, service, done, result, "");
  return report_restart(
      cli, service, done, result,
      "Gateway restart " + result.outcome + (result.failure.empty() ? "." : ": " + result.failure));
}

}  // namespace gw::cli
