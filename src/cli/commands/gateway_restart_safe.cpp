#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands/gateway_restart.hpp"
#include "cli/connect_params.hpp"
#include "cli/restart_follow.hpp"
#include "cli/restart_view.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "platform/clock.hpp"
#include "platform/interrupt.hpp"

namespace gw::cli {
namespace {

constexpr int kExitInterrupted = 130;  // As a shell reports the end by SIGINT.

std::string safe_message(std::string_view status, bool skips) {
  if (status == "coalesced") return "safe restart request joined an existing pending gateway restart";
  if (status == "deferred") return "safe restart requested; gateway will restart after active work drains";
  if (skips) {
    return "safe restart requested; gateway bypassing active-work deferral; shutdown may still wait for "
           "pending replies "
           "to drain";
  }
  return "safe restart requested; gateway will restart momentarily";
}

/// What the answer to the request comes to; with `--follow` the end replaces `result`, `message` and
/// `restart`.
struct Accepted {
  json::Object document;
  std::string message;
  std::string summary;  ///< Of what it waits for; empty: nothing.
  std::string id;
};

Accepted accepted(const json::Object& answer, bool skips) {
  Accepted result;
  const json::Object* preflight = json::object_at(answer, "preflight");
  if (preflight && !json::bool_or(*preflight, "safe", true)) {
    result.summary = json::text_or(*preflight, "summary");
  }
  const std::string_view status = json::text_or(answer, "status");
  result.message = safe_message(status, skips);
  if (const json::Object* restart = json::object_at(answer, "restart")) {
    result.id = json::text_or(*restart, "id");
  }
  result.document = {
      {"ok", json::bool_or(answer, "ok", false)}, {"result", status}, {"message", result.message}};
  for (const char* key : {"preflight", "restart"}) {
    if (const json::Value* part = answer.if_contains(key)) result.document[key] = *part;
  }
  if (!result.summary.empty()) result.document["warnings"] = json::Array{json::Value(result.summary)};
  return result;
}

int finish(Context& cli, json::Object document, bool is_good, std::string_view result,
           const std::string& message) {
  document["ok"] = is_good;
  document["result"] = result;
  document["message"] = message;
  cli.out.document(document);
  if (is_good) cli.out.line(message);
  if (!is_good && !cli.out.is_json()) cli.out.note(cli.out.bad("error: ") + message);
  return is_good ? 0 : 1;
}

int report_end(Context& cli, json::Object document, const RestartEnd& end) {
  document["restart"] = end.record;
  if (end.outcome == "restarted") {
    return finish(
        cli, std::move(document), true, end.outcome,
        "Gateway restarted; clients waited " + std::to_string(json::int_or(end.record, "gapMs", 0)) + " ms.");
  }
  return finish(cli, std::move(document), false, end.outcome,
                "Gateway restart " + end.outcome + (end.failure.empty() ? "." : ": " + end.failure));
}

int follow(Context& cli, const Target& target, Client client, const Accepted& request) {
  if (request.id.empty()) {
    return cli.out.problem(cli_failure("this gateway does not say which restart it is; leave out --follow"));
  }
  const auto interrupt = platform::catch_interrupt();
  if (!interrupt) return cli.out.problem(cli_failure(interrupt.error().message));
  RestartView view(cli.out, cli.is_terminal);
  const Instant begun_at = platform::now();
  const auto end = follow_restart(
      {.id = request.id,
       .client = std::move(client),
       .connect =
           [&](Instant until) {
             return open_session(cli, target, scopes_for("gateway.restart.status"), until);
           },
       .deadline = std::nullopt,
       .on_status = [&](const json::Object& status) { view.show(status, platform::now() - begun_at); },
       .pause = [&](Millis time) { return !(*interrupt)->wait(time); }});
  view.end();
  if (!end) return cli.out.problem(end.error());
  if (*end) return report_end(cli, request.document, **end);
  finish(cli, request.document, false, "interrupted",
         "no longer following; restart " + request.id +
             " goes on. To end it: openclaw gateway restart --cancel");
  return kExitInterrupted;
}

}  // namespace

int restart_safely(Context& cli, const Args& args) {
  const auto target = target_of(cli, args);
  if (!target) return cli.out.problem(target.error());
  const Instant deadline = platform::now() + kRestartRequestLimit;
  auto client = open_session(cli, *target, scopes_for("gateway.restart.request"), deadline);
  if (!client) return cli.out.problem(hung(client.error()));
  const bool skips = args.has("--skip-deferral");
  json::Object params{{"reason", "gateway.restart.safe"}};
  if (skips) params["skipDeferral"] = true;
  const auto answer = client->call("gateway.restart.request", params, deadline);
  if (!answer) return cli.out.problem(hung(answer.error()));
  const Accepted request = accepted(answer->is_object() ? answer->get_object() : json::Object{}, skips);
  cli.out.line(request.message);
  if (!request.summary.empty() && !cli.out.is_json()) cli.out.note("warning: " + printable(request.summary));
  if (args.has("--follow")) return follow(cli, *target, *std::move(client), request);
  client->close();
  cli.out.document(request.document);
  return 0;
}

}  // namespace gw::cli
