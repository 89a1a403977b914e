#include "cli/commands/gateway_restart.hpp"

#include <optional>
#include <string>

#include "cli/commands/all.hpp"
#include "cli/duration.hpp"

namespace gw::cli {
namespace {

/// Nothing when the options go together.
std::optional<std::string> conflict(const Args& args) {
  const bool safe = args.has("--safe");
  const bool force = args.has("--force");
  const auto wait = args.text("--wait");
  if (args.has("--cancel") &&
      (safe || force || wait || args.has("--skip-deferral") || args.has("--follow"))) {
    return "--cancel cannot be combined with --safe, --force, --wait, --skip-deferral or --follow";
  }
  if (safe && force) return "--safe cannot be combined with --force; omit --safe to force restart now";
  if (safe && wait) return "--safe cannot be combined with --wait; safe restart uses gateway deferral";
  if (force && wait) return "--force cannot be combined with --wait";
  if (args.has("--skip-deferral") && !safe) return "--skip-deferral requires --safe";
  if (args.has("--follow") && !safe) {
    return "--follow requires --safe; the other forms wait for the end of the restart anyway";
  }
  if (wait && !parse_duration(*wait)) {
    return "invalid --wait value \"" + *wait + "\"; use milliseconds or a duration such as 30s, 5m or 1h30m";
  }
  return std::nullopt;
}

int run(Context& cli, const Args& args) {
  if (const auto problem = conflict(args)) return cli.out.problem(cli_failure(*problem));
  if (args.has("--cancel")) return cancel_restart(cli, args);
  return args.has("--safe") ? restart_safely(cli, args) : restart_directly(cli, args);
}

}  // namespace

Failure hung(Failure failure) {
  if (failure.is_timeout) {
    // Its keeper asks every 20 s, and gives it 30 s to answer.
    failure.next_step =
        "wait: a gateway that hangs is ended and replaced within 50 s; then openclaw gateway status";
  }
  return failure;
}

Command gateway_restart_command() {
  return {
      .path = "gateway restart",
      .summary = "Restart the running gateway",
      .details = R"(
            Without `--safe` it waits until the restart is over, through the restart, for the time that running
            work is given and 60 s more. JSON:
            `{action:"restart",ok,result,message,service,restart?,error?,hints?}` with `result` `restarted`, `restart-health-failed` or `not-loaded`.

            With `--safe` it returns as soon as the restart is accepted. JSON:
            `{ok,result,message,preflight,restart,warnings?}` with `result` `scheduled`, `deferred` or `coalesced`.

            `--follow` shows phase, elapsed time, what is waited for and the time left ("unknown" while too few
            earlier runs tell): on a terminal one line with a progress bar, written over; otherwise a line for each
            change, at least every 10 s. Exit code 0 when the successor serves and 1 when the restart failed or was
            cancelled, or the gateway did not answer for 60 s. Ctrl-C leaves the restart going, says so and exits
            with 130. With `--json` only the end is printed: `result` is `restarted`, `failed`, `cancelled` or
            `interrupted`, and `restart` the record.

            `--cancel` takes a restart back and the gateway serves on. JSON: `{ok,cancelled,id}`; exit code 1 when
            there is nothing to cancel.

            Otherwise exit code 0 when it restarted or, with `--safe`, was accepted, else 1.)",
      .options = {{"--safe", "", "Once running work has ended; returns when it is scheduled"},
                  {"--skip-deferral", "", "With --safe: do not wait for running work"},
                  {"--follow", "", "With --safe: show the restart until it is over; Ctrl-C leaves it going"},
                  {"--cancel", "", "Cancel the restart under way"},
                  {"--force", "", "Now; work that is cut resumes afterwards"},
                  {"--wait", "<duration>", "Give running work this long (30s, 5m, 1h30m; 0: no limit)"},
                  {"--token", "<token>", "Shared token"},
                  {"--password", "<password>", "Shared password"},
                  {"--json", "", "Print one JSON document"}},
      .examples = {"openclaw gateway restart --safe --follow", "openclaw gateway restart --wait 30s --json"},
      .run = run};
}

}  // namespace gw::cli
