#include "cli/commands/gateway_run_dev.hpp"

#include <algorithm>

#include "cli/config_change.hpp"
#include "platform/clock.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/private_file.hpp"

namespace gw::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDevProfile = "dev";
constexpr std::string_view kDevConfig = R"({
  "gateway": { "mode": "local", "bind": "loopback" },
  "agents": { "list": [{ "id": "dev", "default": true }] }
}
)";

/// What a reset takes away: also OpenClaw's, whose sessions are in `agents`.
std::vector<fs::path> belongings(const config::Paths& paths) {
  const fs::path database = paths.database();
  return {paths.config_file,
          database,
          database.string() + "-wal",
          database.string() + "-shm",
          paths.state_dir / "credentials",
          paths.state_dir / "agents"};
}

std::expected<void, Failure> move_away(Context& cli) {
  for (const char* name : {"OPENCLAW_NIX_MODE", "OPENCLAW_CONFIG_READONLY"}) {
    if (is_on(cli, name))
      return std::unexpected(cli_failure(std::string(name) + " is set: nothing was reset"));
  }
  if (auto made = platform::make_private_dir(cli.paths.state_dir); !made)
    return std::unexpected(cli_failure(made.error().message));
  // Held until all is moved: no gateway may write in the middle of it.
  const auto lock = platform::GatewayLock::acquire(cli.paths.lock_file());
  if (!lock) {
    return std::unexpected(
        cli_failure("a gateway runs on this state directory, so nothing was reset: " + lock.error().message,
                    "openclaw gateway stop"));
  }
  std::string time = iso8601(platform::wall_now());
  std::ranges::replace_if(time, [](char c) { return c == ':' || c == '.'; }, '-');
  const fs::path trash = cli.paths.state_dir / "trash" / time;
  bool has_moved = false;
  for (const fs::path& from : belongings(cli.paths)) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(from, error))) continue;
    if (auto made = platform::make_private_dir(trash); !made)
      return std::unexpected(cli_failure(made.error().message));
    fs::rename(from, trash / from.filename(), error);
    if (error) {
      return std::unexpected(
          cli_failure("cannot move " + from.string() + " to " + trash.string() + ": " + error.message()));
    }
    has_moved = true;
  }
  if (has_moved) cli.out.note("Moved configuration, credentials and sessions to " + trash.string());
  return {};
}

}  // namespace

std::expected<void, Failure> prepare_dev(Context& cli, const Args& args) {
  const bool is_dev = args.has("--dev") || cli.paths.profile == kDevProfile;
  if (args.has("--reset") && !is_dev) return std::unexpected(cli_failure("Use --reset with --dev."));
  if (!is_dev) return {};
  if (args.has("--reset")) {
    if (auto moved = move_away(cli); !moved) return moved;
  }
  std::error_code error;
  if (fs::exists(fs::symlink_status(cli.paths.config_file, error))) return {};
  const auto made = change_config(
      cli, {}, [](const auto&, const auto&) -> Result<std::string> { return std::string(kDevConfig); });
  if (!made) return std::unexpected(made.error());
  cli.out.note("Dev config ready: " + cli.paths.config_file.string());
  return {};
}

}  // namespace gw::cli
