#include "cli/doctor/facts.hpp"

#include <unistd.h>

#include "cli/client.hpp"
#include "cli/config_change.hpp"
#include "cli/service_access.hpp"
#include "cli/service_definition.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"
#include "platform/private_file.hpp"
#include "service/systemd_manager.hpp"

namespace gw::cli::doctor {
namespace {

namespace fs = std::filesystem;

constexpr Millis kProbeLimit{3'000};

/// Files that hold secrets, or things said in confidence.
std::vector<fs::path> secret_files(const config::Paths& paths) {
  const fs::path& state = paths.state_dir;
  std::vector<fs::path> files{paths.config_file,
                              last_good_file(paths),
                              state / "run-token",
                              state / ".env",
                              state / "gateway.systemd.env",
                              paths.device_key(),
                              paths.database(),
                              paths.database().string() + "-wal",
                              paths.database().string() + "-shm"};
  for (const char* ending : {".bak", ".bak.1", ".bak.2", ".bak.3", ".bak.4"}) {
    files.push_back(paths.config_file.string() + ending);
  }
  return files;
}

bool is_valid_config(const fs::path& file, const Context& cli) {
  const auto text = platform::read_small_file(file);
  return text && config::check_text(*text, cli.paths, cli.environment).issues.empty();
}

/// Why the gateway that holds the lock does not answer; empty when it does.
std::string probe(const Context& cli) {
  TargetInput input = target_input(cli, Args{});
  input.is_probe = true;
  const auto target = resolve_target(input);
  if (!target) return target.error().message;
  const Instant deadline = platform::now() + kProbeLimit;
  auto client = again_after_hand_over([&] {
    return Client::connect(*target, {.client_id = "cli", .mode = "probe", .scopes = {}, .device = {}},
                           deadline);
  });
  if (client) {
    client->close();
    return {};
  }
  const Failure& failure = client.error();
  return failure.reason.empty() ? failure.message : failure.message + ": " + failure.reason;
}

ServiceFacts service_facts(const Context& cli, std::uint16_t port) {
  const auto manager = service_manager(cli);
  ServiceFacts facts{.system = manager->system(),
                     .label = manager->label(),
                     .unit = manager->unit(),
                     .scope = manager->scope(),
                     .state = manager->state()};
  if (!facts.state) {
    facts.hints = hints_for(cli, facts.state.error());
    return facts;
  }
  if (facts.state->fault) facts.drift = {*facts.state->fault};
  if (!facts.state->is_installed) return facts;
  facts.foreign_state_dir = foreign_state_dir(cli, *facts.state);
  if (facts.foreign_state_dir) return facts;
  facts.drift = manager->drift_from(*facts.state, wanted_service(cli, *manager, *facts.state, port));
  facts.outlives_sessions = manager->outlives_sessions();
  facts.has_system_twin = facts.scope == service::Scope::User && service::has_system_unit(manager->unit());
  return facts;
}

}  // namespace

fs::path last_good_file(const config::Paths& paths) { return paths.last_good(); }

service::Definition wanted_service(const Context& cli, const service::Manager& manager,
                                   const service::State& state, std::uint16_t port) {
  std::optional<fs::path> wrapper;
  if (state.definition) {
    if (const auto path = service::variable_of(*state.definition, "OPENCLAW_WRAPPER")) wrapper = *path;
  }
  return wanted_definition(cli, manager, port, wrapper);
}

Facts gather(const Context& cli) {
  Facts facts;
  facts.paths = cli.paths;
  facts.user = ::geteuid();
  if (auto loaded = config::load(cli.paths, cli.environment)) {
    facts.loaded = *std::move(loaded);
  } else {
    facts.load_error = loaded.error().message;
  }
  const bool is_nix = is_on(cli, "OPENCLAW_NIX_MODE");
  facts.has_last_good = is_valid_config(last_good_file(cli.paths), cli);
  facts.is_config_managed = is_nix || is_on(cli, "OPENCLAW_CONFIG_READONLY");
  facts.is_service_managed = is_nix || cli.environment("OPENCLAW_SERVICE_REPAIR_POLICY") == "external";
  facts.environment_token = Secret(cli.environment("OPENCLAW_GATEWAY_TOKEN").value_or(""));
  facts.environment_password = Secret(cli.environment("OPENCLAW_GATEWAY_PASSWORD").value_or(""));
  facts.state_dir = platform::file_state(cli.paths.state_dir);
  for (const fs::path& file : secret_files(cli.paths)) {
    const auto state = platform::file_state(file);
    if (state.is_file) facts.secret_files.emplace_back(file, state);
  }
  facts.lock_owner = platform::read_lock(cli.paths.lock_file());
  facts.is_owner_alive = platform::live_lock_owner(cli.paths.lock_file()).has_value();
  facts.has_run_token = platform::file_state(cli.paths.state_dir / "run-token").is_there;
  facts.listeners = platform::port_owners(facts.loaded.config.port);
  if (facts.is_owner_alive && facts.can_load()) facts.probe_error = probe(cli);
  if (!facts.is_remote()) facts.service = service_facts(cli, facts.loaded.config.port);
  return facts;
}

}  // namespace gw::cli::doctor
