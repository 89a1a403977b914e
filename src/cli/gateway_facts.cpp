#include "cli/gateway_facts.hpp"

#include "base/text.hpp"
#include "cli/gateway_probe.hpp"
#include "cli/service_access.hpp"
#include "cli/service_definition.hpp"
#include "config/env_files.hpp"
#include "platform/private_file.hpp"
#include "service/systemd_manager.hpp"

namespace gw::cli {
namespace {

ConfigFacts config_facts(const config::Paths& paths, const config::Environment& environment) {
  ConfigFacts facts{.path = paths.config_file, .exists = false, .issues = {}};
  auto loaded = config::load(paths, environment);
  if (!loaded) {
    facts.exists = true;
    facts.issues.push_back({"", loaded.error().message});
    return facts;
  }
  facts.exists = loaded->config.file_exists;
  facts.issues = std::move(loaded->issues);
  return facts;
}

/// The files of the service, as its environment names them.
config::Paths paths_of(const Context& cli, const service::Definition& definition) {
  config::Paths paths = cli.paths;
  if (const auto state = service::variable_of(definition, "OPENCLAW_STATE_DIR")) {
    paths.state_dir = *state;
    paths.config_file = paths.state_dir / "openclaw.json";
  }
  if (const auto file = service::variable_of(definition, "OPENCLAW_CONFIG_PATH")) paths.config_file = *file;
  return paths;
}

/// Only the names leave this function.
std::vector<std::string> names_in(const std::filesystem::path& file) {
  std::vector<std::string> names;
  for (const auto& [name, value] : config::read_env_file(file)) names.push_back(name);
  return names;
}

void ask_service(const Context& cli, GatewayFacts& facts) {
  facts.manager = service_manager(cli);
  facts.service = facts.manager->state();
  facts.has_system_unit = service::has_system_unit(facts.manager->unit());
  facts.service_config = facts.config;
  if (facts.service && facts.service->fault) facts.drift = {*facts.service->fault};
  if (!facts.service || !facts.service->is_installed || !facts.service->definition) return;
  const service::Definition& installed = *facts.service->definition;
  const auto wrapper = service::variable_of(installed, "OPENCLAW_WRAPPER");
  const auto wanted =
      wanted_definition(cli, *facts.manager, facts.input.config.port,
                        wrapper ? std::optional<std::filesystem::path>(*wrapper) : std::nullopt);
  facts.drift = facts.manager->drift_from(*facts.service, wanted);
  facts.environment_file_names = names_in(installed.environment_file);
  facts.outlives_sessions = facts.manager->outlives_sessions();
  const config::Paths paths = paths_of(cli, installed);
  if (paths.config_file != cli.paths.config_file) facts.service_config = config_facts(paths, cli.environment);
}

/// The service's own port counts where neither an option nor a running gateway says otherwise.
void decide_port(const Context& cli, GatewayFacts& facts) {
  const service::State* own = facts.own_service(cli);
  const auto of_service = own && own->definition ? service::port_of(*own->definition) : std::nullopt;
  if (of_service && !facts.input.running_port) facts.input.running_port = of_service;
  facts.port_source = facts.input.port_flag ? "cli" : "env/config";
  const auto target = resolve_target(facts.input);
  if (!target) return;
  facts.target = *target;
  facts.port = target->port;
  const bool is_running_port = facts.owner && facts.port == facts.owner->port;
  if (!facts.input.port_flag && (of_service == facts.port || is_running_port))
    facts.port_source = "service args";
}

}  // namespace

std::string GatewayFacts::probe_note() const {
  if (input.config.mode != "remote" || target->source != "local loopback") return {};
  return "gateway.mode is remote, but gateway.remote.url is not set; this is the gateway of this machine";
}

const service::State* GatewayFacts::own_service(const Context& cli) const {
  return service && is_ours(cli, *service) ? &*service : nullptr;
}

std::expected<GatewayFacts, Failure> gather_facts(Context& cli, const Args& args, const FactsWanted& wanted) {
  GatewayFacts facts;
  facts.input = target_input(cli, args);
  facts.input.is_probe = true;
  facts.owner = platform::live_lock_owner(cli.paths.lock_file());
  if (facts.owner) facts.owner_unit = platform::service_unit_of(facts.owner->process);
  facts.config = config_facts(cli.paths, cli.environment);
  ask_service(cli, facts);
  decide_port(cli, facts);
  if (!facts.target) return std::unexpected(resolve_target(facts.input).error());
  facts.listeners = platform::port_owners(facts.port);
  facts.cli_port = facts.input.config.port;
  if (facts.cli_port != facts.port) facts.cli_listeners = platform::port_owners(facts.cli_port);
  facts.others = service::other_services(user_unit_dir(cli), facts.manager->unit(), wanted.looks_deep);
  if (wanted.probes) facts.rpc = probe_gateway(cli, *facts.target, wanted.reads, wanted.timeout);
  return facts;
}

}  // namespace gw::cli
