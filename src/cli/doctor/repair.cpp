#include "cli/doctor/repair.hpp"

#include <algorithm>

#include "cli/config_change.hpp"
#include "cli/doctor/facts.hpp"
#include "cli/service_access.hpp"
#include "cli/values.hpp"
#include "config/edit.hpp"
#include "config/schema.hpp"
#include "json/json5_edit.hpp"
#include "platform/clock.hpp"
#include "platform/private_file.hpp"

namespace gw::cli::doctor {
namespace {

namespace fs = std::filesystem;

using Outcome = std::expected<std::string, Failure>;

Outcome failed(std::string message) { return std::unexpected(cli_failure(std::move(message))); }

Outcome outcome_of(const std::expected<bool, Failure>& changed, std::string done) {
  if (!changed) return std::unexpected(changed.error());
  return done;
}

Outcome set_value(const Context& cli, const std::string& key, const json::Value& value, std::string done) {
  const auto names = config::parse_path(key);
  if (!names) return failed(names.error().message);
  return outcome_of(set_config(cli, *names, value), std::move(done));
}

Outcome remove_key(const Context& cli, const std::string& key) {
  const auto names = config::parse_path(key);
  if (!names) return failed(names.error().message);
  return outcome_of(unset_config(cli, *names), "removed " + key);
}

/// The value at a path of the file; nullptr when there is none.
const json::Value* value_at(const json::Value& root, const std::vector<std::string>& names) {
  const json::Value* value = &root;
  for (const std::string& name : names) {
    const json::Object* object = value->if_object();
    value = object ? object->if_contains(name) : nullptr;
    if (!value) return nullptr;
  }
  return value;
}

Outcome move_key(const Context& cli, const std::string& key) {
  const std::string place(config::right_place_of(key));
  const auto from = config::parse_path(key);
  const auto to = config::parse_path(place);
  if (!from || !to) return failed("cannot move " + key);
  const auto moved = change_config(
      cli, *from, [&](const std::string& text, const std::vector<std::string>& names) -> Result<std::string> {
        if (names != *from) return fail(Code::Conflict, key + " is in an included file: move it by hand");
        const auto root = config::check_text(text, cli.paths, cli.environment).config.source;
        const json::Value* value = value_at(root, *from);
        if (!value) return fail(Code::NotFound, key + " is not set");
        auto with = json::with_value(text, *to, *value);
        if (!with) return with;
        return json::without_value(*with, *from);
      });
  return outcome_of(moved, "moved " + key + " to " + place);
}

Outcome restore_last_good(const Context& cli) {
  const fs::path good = last_good_file(cli.paths);
  const auto text = platform::read_small_file(good);
  if (!text) return failed("cannot read " + good.string());
  const auto broken = platform::read_small_file(cli.paths.config_file);
  std::string kept = cli.paths.config_file.string() + ".clobbered." + iso8601(platform::wall_now());
  std::ranges::replace(kept, ':', '-');
  if (broken) {
    if (auto written = platform::write_private_file(kept, *broken); !written)
      return failed(written.error().message);
  }
  const auto restored =
      change_config(cli, {}, [&](const auto&, const auto&) -> Result<std::string> { return *text; });
  return outcome_of(restored, "restored " + good.string() + "; the broken file is " + kept);
}

Outcome make_private(const std::string& path) {
  if (auto done = platform::make_private(path); !done) return failed(done.error().message);
  return "took the rights of others from " + path;
}

Outcome clear_lock(const std::string& path) {
  // Whoever holds the lock and lets it go empties the file.
  if (auto lock = platform::GatewayLock::acquire(path); !lock) return failed(lock.error().message);
  return "emptied " + path;
}

Outcome remove_file(const std::string& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) return failed("cannot remove " + path + ": " + error.message());
  return "removed " + path;
}

Outcome start_service(const Context& cli) {
  const auto manager = service_manager(cli);
  if (auto done = manager->start(); !done) return failed("cannot start the service: " + done.error().text);
  return "started " + manager->unit();
}

Outcome enable_linger(const Context& cli) {
  const auto manager = service_manager(cli);
  if (auto done = manager->outlive_sessions(); !done) return failed(done.error().text);
  return "enabled lingering: the service goes on when you log out";
}

Outcome reinstall_service(const Context& cli) {
  const auto loaded = config::load(cli.paths, cli.environment);
  if (!loaded) return failed(loaded.error().message);
  const auto manager = service_manager(cli);
  const auto state = manager->state();
  if (!state) return failed(state.error().text);
  const auto wanted = wanted_service(cli, *manager, *state, loaded->config.port);
  if (auto done = manager->install(wanted); !done) {
    return failed("cannot install the service: " + done.error().text);
  }
  return "wrote " + manager->unit() + " again and restarted the service";
}

}  // namespace

Outcome mend(const Context& cli, const Finding& finding) {
  switch (*finding.repair) {
    case Repair::RestoreLastGood:
      return restore_last_good(cli);
    case Repair::RemoveKey:
      return remove_key(cli, finding.path);
    case Repair::MoveKey:
      return move_key(cli, finding.path);
    case Repair::SetModeLocal:
      return set_value(cli, "gateway.mode", "local", "set gateway.mode to \"local\"");
    case Repair::SaveNewToken:
      return set_value(cli, "gateway.auth.token", json::Value(new_token()),
                       "saved a new token as gateway.auth.token");
    case Repair::MakePrivate:
      return make_private(finding.path);
    case Repair::ClearLock:
      return clear_lock(finding.path);
    case Repair::RemoveFile:
      return remove_file(finding.path);
    case Repair::ReinstallService:
      return reinstall_service(cli);
    case Repair::StartService:
      return start_service(cli);
    case Repair::EnableLinger:
      return enable_linger(cli);
  }
  return failed("nothing is known to mend " + finding.code);
}

}  // namespace gw::cli::doctor
