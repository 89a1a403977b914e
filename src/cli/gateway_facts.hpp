#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/target.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/port_owner.hpp"
#include "platform/service_unit.hpp"
#include "service/manager.hpp"
#include "service/other_services.hpp"

namespace gw::cli {

/// One configuration file and what is wrong with it.
struct ConfigFacts {
  std::filesystem::path path;
  bool exists = false;
  std::vector<config::Issue> issues;
};

/// Everything that `gateway status` reports, as it was found.
struct GatewayFacts {
  std::unique_ptr<service::Manager> manager;
  service::Outcome<service::State> service;  ///< Or why the manager could not say.
  std::vector<service::DriftIssue> drift;
  std::vector<std::string> environment_file_names;  ///< Variables that the service has from its file.
  std::optional<bool> outlives_sessions;            ///< As Manager::outlives_sessions; asked when installed.
  bool has_system_unit = false;                     ///< Whatever manager was asked.
  std::vector<service::OtherService> others;
  ConfigFacts config;          ///< Of this command.
  ConfigFacts service_config;  ///< Of the service; the same where there is none.
  TargetInput input;
  std::optional<Target> target;
  std::optional<platform::LockOwner> owner;         ///< The gateway that runs for this state directory.
  std::optional<platform::ServiceUnit> owner_unit;  ///< As which it runs, whatever a manager says.
  std::uint16_t port = 0;
  std::string port_source;  ///< `cli`, `service args` or `env/config`.
  std::vector<platform::PortOwner> listeners;
  std::uint16_t cli_port = 0;                      ///< The one that environment and configuration say.
  std::vector<platform::PortOwner> cli_listeners;  ///< When that is another one.
  std::optional<json::Object> rpc;                 ///< Of the probe; absent when there was none.

  /// The service when it is installed and works with this command's state directory.
  const service::State* own_service(const Context& cli) const;
  /// What the probe of this machine's gateway is in place of; empty: nothing.
  std::string probe_note() const;
  bool is_reachable() const { return rpc && json::bool_or(*rpc, "ok", false); }
};

struct FactsWanted {
  bool probes = true;
  bool reads = false;       ///< The probe must also be able to read.
  bool looks_deep = false;  ///< Other services of the whole system.
  Millis timeout{10'000};
};

/// Asks everybody, in at most `timeout` and the manager's own limits. Fails when there is no target to speak
/// of.
std::expected<GatewayFacts, Failure> gather_facts(Context& cli, const Args& args, const FactsWanted& wanted);

/// The document of `gateway status --json`.
json::Object facts_document(const Context& cli, const GatewayFacts& facts);

/// The same for people.
void print_facts(Context& cli, const GatewayFacts& facts);

}  // namespace gw::cli
