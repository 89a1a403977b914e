#include <algorithm>
#include <array>

#include "base/version.hpp"
#include "cli/gateway_facts.hpp"
#include "cli/service_access.hpp"
#include "platform/command_words.hpp"

namespace gw::cli {
namespace {

namespace fs = std::filesystem;

/// The variables of the service that are shown; the values of all others stay where they are.
constexpr std::array<std::string_view, 5> kShownVariables{"OPENCLAW_PROFILE", "OPENCLAW_STATE_DIR",
                                                          "OPENCLAW_CONFIG_PATH", "OPENCLAW_GATEWAY_PORT",
                                                          "OPENCLAW_NIX_MODE"};

json::Value command_json(const GatewayFacts& facts) {
  if (!facts.service || !facts.service->definition) return nullptr;
  const service::Definition& definition = *facts.service->definition;
  json::Array words;
  for (const std::string& word : platform::without_secrets(definition.command)) words.emplace_back(word);
  json::Object environment;
  json::Object sources;
  for (const auto& [name, value] : definition.environment) {
    if (std::ranges::find(kShownVariables, name) != kShownVariables.end()) environment[name] = value;
    sources[name] = "inline";
  }
  // A LaunchAgent has all its variables from the file.
  const bool is_only_file = facts.manager->system() == platform::ServiceSystem::Launchd;
  for (const std::string& name : facts.environment_file_names) {
    sources[name] = sources.contains(name) && !is_only_file ? "inline-and-file" : "file";
  }
  return json::Object{{"programArguments", std::move(words)},
                      {"environment", std::move(environment)},
                      {"environmentValueSources", std::move(sources)},
                      {"sourcePath", facts.service->file.string()}};
}

bool is_systemd(const GatewayFacts& facts) {
  return facts.manager->system() == platform::ServiceSystem::Systemd;
}

void put_number(json::Object& object, const char* name, const auto& number) {
  if (number) object[name] = *number;
}

json::Object systemd_json(const GatewayFacts& facts, const service::State& state) {
  const bool is_user = facts.manager->scope() == service::Scope::User;
  json::Object systemd{{"scope", is_user ? "user" : "system"}, {"unit", facts.manager->unit()}};
  if (!state.kill_mode.empty()) systemd["killMode"] = state.kill_mode;
  put_number(systemd, "tasksCurrent", state.tasks);
  put_number(systemd, "memoryCurrent", state.memory_bytes);
  if (!state.result.empty()) systemd["result"] = state.result;
  put_number(systemd, "nRestarts", state.restarts);
  put_number(systemd, "startLimitBurst", state.start_limit_burst);
  return systemd;
}

json::Object runtime_json(const Context& cli, const GatewayFacts& facts) {
  const service::State* own = facts.own_service(cli);
  json::Object runtime{{"status", facts.owner ? "running" : "stopped"}};
  if (own) {
    runtime["status"] = own->is_running() ? "running" : "stopped";
    runtime["state"] = own->active_state;
    runtime["subState"] = own->sub_state;
    put_number(runtime, "pid", own->pid);
    put_number(runtime, "lastExitStatus", own->last_exit_status);
    put_number(runtime, "lastExitReason", own->last_exit_reason);
    if (!own->status_text.empty()) runtime["detail"] = own->status_text;
    if (!own->last_run_time.empty()) runtime["lastRunTime"] = own->last_run_time;
    if (!own->last_run_result.empty()) runtime["lastRunResult"] = own->last_run_result;
    if (is_systemd(facts)) runtime["systemd"] = systemd_json(facts, *own);
    return runtime;
  }
  if (facts.owner) {
    runtime["pid"] = facts.owner->process.pid;
    runtime["detail"] = facts.owner_unit ? service_words(*facts.owner_unit)
                                         : "in the foreground, without the service manager";
  } else if (!facts.service) {
    runtime["detail"] = facts.service.error().text;
  }
  if (facts.service && facts.service->fault) runtime["detail"] = facts.service->fault->message;
  if (facts.service && !facts.service->is_installed) runtime["missingUnit"] = !facts.service->fault;
  return runtime;
}

json::Object audit_json(const Context& cli, const GatewayFacts& facts) {
  json::Array issues;
  for (const service::DriftIssue& issue : facts.drift) {
    json::Object one{{"code", issue.code},
                     {"message", issue.message},
                     {"level", issue.is_grave ? "recommended" : "aggressive"}};
    const std::string found = issue.found.empty() ? "nothing" : issue.found;
    if (!issue.found.empty() || !issue.wanted.empty())
      one["detail"] = issue.wanted.empty() ? "found " + found : "found " + found + ", wanted " + issue.wanted;
    one["fix"] = remedy_of(cli, issue).text;
    issues.push_back(std::move(one));
  }
  return {{"ok", issues.empty()}, {"issues", std::move(issues)}};
}

json::Object installation_json(const GatewayFacts& facts) {
  const auto is_there = [&](service::Scope scope) {
    return facts.service && facts.service->is_installed && facts.manager->scope() == scope;
  };
  const bool user = is_there(service::Scope::User);
  const bool system = is_there(service::Scope::System) || facts.has_system_unit;
  json::Object installation{{"kind", user && system ? "dueling"
                                     : user         ? "user"
                                     : system       ? "system"
                                                    : "none"}};
  const auto one = [&](const char* scope) {
    json::Object part{{"scope", scope}, {"unitName", facts.manager->unit()}};
    if (facts.manager->scope() ==
        (scope == std::string_view("user") ? service::Scope::User : service::Scope::System)) {
      part["unitPath"] = facts.service->file.string();
    }
    return part;
  };
  if (user) installation["user"] = one("user");
  if (system) installation["system"] = one("system");
  return installation;
}

json::Object layout_json(const GatewayFacts& facts, const service::State& state) {
  std::error_code error;
  json::Object layout{{"sourcePath", state.file.string()},
                      {"sourcePathReal", fs::weakly_canonical(state.file, error).string()},
                      {"sourceScope", facts.manager->scope() == service::Scope::User ? "user" : "system"}};
  if (!state.definition || state.definition->command.empty()) return layout;
  const fs::path program = state.definition->command.front();
  layout["execStart"] = program.string();
  layout["entrypoint"] = program.string();
  layout["entrypointReal"] = fs::weakly_canonical(program, error).string();
  return layout;
}

json::Object service_part(const Context& cli, const GatewayFacts& facts) {
  const bool is_loaded = facts.service && facts.service->is_installed && facts.service->is_enabled;
  json::Object service = service_json(*facts.manager, is_loaded);
  if (!facts.service) {
    service["label"] = "no supported service manager detected";
    service["inspectionReason"] = "service-manager-unavailable";
  }
  service["command"] = command_json(facts);
  service["runtime"] = runtime_json(cli, facts);
  service["loadState"] = {{"status", !facts.service ? "unknown" : is_loaded ? "loaded" : "not-loaded"}};
  service["targetRole"] = facts.port_source == "cli" || facts.input.url_flag ? "diagnostic-only" : "target";
  if (!facts.service || (!facts.service->definition && !facts.service->fault)) return service;
  service["configAudit"] = audit_json(cli, facts);
  if (is_systemd(facts)) service["systemdInstallation"] = installation_json(facts);
  service["layout"] = layout_json(facts, *facts.service);
  return service;
}

json::Object config_json(const ConfigFacts& facts) {
  json::Object config{
      {"path", facts.path.string()}, {"exists", facts.exists}, {"valid", facts.issues.empty()}};
  if (facts.issues.empty()) return config;
  json::Array issues;
  for (const config::Issue& issue : facts.issues)
    issues.push_back({{"path", issue.path}, {"message", issue.text()}});
  config["issues"] = std::move(issues);
  return config;
}

json::Object port_json(std::uint16_t port, const std::vector<platform::PortOwner>& owners, bool is_busy) {
  json::Array listeners;
  for (const platform::PortOwner& owner : owners) {
    listeners.push_back({{"pid", owner.pid},
                         {"ppid", owner.parent},
                         {"command", owner.name},
                         {"commandLine", owner.command_line},
                         {"user", owner.user},
                         {"address", owner.address}});
  }
  return {{"port", port},
          {"status", is_busy ? "busy" : "free"},
          {"listeners", std::move(listeners)},
          {"hints", json::Array{}}};
}

json::Array others_json(const GatewayFacts& facts) {
  json::Array all;
  for (const service::OtherService& other : facts.others) {
    all.push_back({{"platform", "linux"},
                   {"label", other.unit},
                   {"detail", other.file.string()},
                   {"scope", other.scope == service::Scope::User ? "user" : "system"},
                   {"marker", other.marker},
                   {"legacy", other.is_legacy}});
  }
  return all;
}

}  // namespace

json::Object facts_document(const Context& cli, const GatewayFacts& facts) {
  const config::Config& config = facts.input.config;
  json::Object configs{{"cli", config_json(facts.config)}, {"daemon", config_json(facts.service_config)}};
  if (facts.config.path != facts.service_config.path) configs["mismatch"] = true;
  json::Object gateway{{"bindMode", config.bind},
                       {"bindHost", config.bind_host},
                       {"port", facts.port},
                       {"portSource", facts.port_source},
                       {"probeUrl", facts.target->url}};
  if (const std::string note = facts.probe_note(); !note.empty()) gateway["probeNote"] = note;
  if (facts.owner) gateway["version"] = facts.owner->version;
  const auto& log = config.log_file;
  json::Object all{{"cli", {{"version", kVersion}, {"entrypoint", cli.program.string()}}},
                   {"logFile", (log.empty() ? cli.paths.log_dir() : log).string()},
                   {"service", service_part(cli, facts)},
                   {"config", std::move(configs)},
                   {"gateway", std::move(gateway)},
                   {"port", port_json(facts.port, facts.listeners, !facts.listeners.empty() || facts.owner)}};
  if (facts.cli_port != facts.port)
    all["portCli"] = port_json(facts.cli_port, facts.cli_listeners, !facts.cli_listeners.empty());
  if (facts.rpc) {
    all["rpc"] = *facts.rpc;
    all["health"] = {{"healthy", facts.is_reachable()}, {"staleGatewayPids", json::Array{}}};
  }
  all["extraServices"] = others_json(facts);
  return all;
}

}  // namespace gw::cli
