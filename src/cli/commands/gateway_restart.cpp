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

Command gateway_restart_command(std::string_view path) {
  return {
      .path = path,
      .summary = "Restart the running gateway",
      .options = {{"--safe", "", "Once running work has ended; returns when it is scheduled"},
                  {"--skip-deferral", "", "With --safe: do not wait for running work"},
                  {"--follow", "", "With --safe: show the restart until it is over; Ctrl-C leaves it going"},
                  {"--cancel", "", "Cancel the restart under way"},
                  {"--force", "", "Now; work that is cut resumes afterwards"},
                  {"--wait", "<duration>", "Give running work this long (30s, 5m, 1h30m; 0: no limit)"},
                  {"--token", "<token>", "Shared token"},
                  {"--password", "<password>", "Shared password"},
                  {"--json", "", "Print one JSON document"}},
      .run = run};
}

}  // namespace gw::cli
