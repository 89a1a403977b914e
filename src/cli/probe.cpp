#include "cli/probe.hpp"

#include <algorithm>

#include "cli/gateway_probe.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kInactiveLocalBudget{800};
constexpr Millis kRemoteBudget{1'500};

/// The gateway of this machine, whatever mode and environment say.
TargetInput local_input(const TargetInput& input) {
  TargetInput local = input;
  local.url_flag.reset();
  local.config.mode = "local";
  local.environment = [inner = input.environment](const std::string& name) -> std::optional<std::string> {
    return name == "OPENCLAW_GATEWAY_URL" ? std::nullopt : inner(name);
  };
  return local;
}

TargetInput without_flags(TargetInput input) {
  input.token_flag = {};
  input.password_flag = {};
  return input;
}

json::Value or_null(const std::string& text) {
  return text.empty() ? json::Value(nullptr) : json::Value(text);
}

/// What a configuration says at a dotted path, as `config.get` shows it.
const json::Value* at(const json::Object& config, std::initializer_list<const char*> names) {
  const json::Object* object = &config;
  const json::Value* value = nullptr;
  for (const char* name : names) {
    value = object ? object->if_contains(name) : nullptr;
    object = value ? value->if_object() : nullptr;
  }
  return value;
}

json::Value value_or_null(const json::Value* value) { return value ? *value : json::Value(nullptr); }

json::Object gateway_json(const json::Object& config) {
  const auto shown = [&](std::initializer_list<const char*> names) {
    return value_or_null(at(config, names));
  };
  const auto is_set = [&](std::initializer_list<const char*> names) { return at(config, names) != nullptr; };
  return {{"mode", shown({"gateway", "mode"})},
          {"bind", shown({"gateway", "bind"})},
          {"port", shown({"gateway", "port"})},
          {"controlUiEnabled", shown({"gateway", "controlUi", "enabled"})},
          {"controlUiBasePath", shown({"gateway", "controlUi", "basePath"})},
          {"authMode", shown({"gateway", "auth", "mode"})},
          {"authTokenConfigured", is_set({"gateway", "auth", "token"})},
          {"authPasswordConfigured", is_set({"gateway", "auth", "password"})},
          {"remoteUrl", shown({"gateway", "remote", "url"})},
          {"remoteTokenConfigured", is_set({"gateway", "remote", "token"})},
          {"remotePasswordConfigured", is_set({"gateway", "remote", "password"})},
          {"tailscaleMode", shown({"gateway", "tailscale", "mode"})}};
}

json::Value config_json(const json::Value& answer) {
  const json::Object* snapshot = answer.if_object();
  if (!snapshot) return nullptr;
  const json::Object* config = json::object_at(*snapshot, "config");
  const json::Object known = config ? *config : json::Object{};
  const auto list = [&](const char* name) {
    const json::Array* found = json::array_at(*snapshot, name);
    return found ? *found : json::Array{};
  };
  return json::Object{
      {"path", or_null(std::string(json::text_or(*snapshot, "path")))},
      {"exists", json::bool_or(*snapshot, "exists", false)},
      {"valid", json::bool_or(*snapshot, "valid", false)},
      {"issues", list("issues")},
      {"legacyIssues", list("legacyIssues")},
      {"gateway", gateway_json(known)},
      {"discovery", {{"wideAreaEnabled", value_or_null(at(known, {"discovery", "wideArea", "enabled"}))}}}};
}

/// The gateway's own entry among those who are present.
json::Value self_json(const json::Value& presence) {
  const json::Array* entries = presence.if_array();
  if (!entries) return nullptr;
  for (const json::Value& entry : *entries) {
    const json::Object* object = entry.if_object();
    if (!object || json::text_or(*object, "reason") != "self") continue;
    const auto text = [&](const char* key) { return or_null(std::string(json::text_or(*object, key))); };
    return json::Object{{"host", text("host")},
                        {"ip", text("ip")},
                        {"version", text("version")},
                        {"platform", text("platform")}};
  }
  return nullptr;
}

json::Object connect_json(const ProbeResult& result) {
  const std::optional<Failure>& failure =
      result.connect_failure ? result.connect_failure : result.read_failure;
  json::Object connect{
      {"ok", result.is_reachable()}, {"rpcOk", !failure}, {"scopeLimited", result.is_scope_limited()},
      {"latencyMs", nullptr},        {"error", nullptr},  {"close", nullptr}};
  if (result.is_reachable()) connect["latencyMs"] = result.latency.count();
  if (failure) connect["error"] = failure->message;
  if (failure && failure->close_code != 0)
    connect["close"] = {{"code", failure->close_code}, {"reason", failure->reason}};
  return connect;
}

json::Object auth_json(const ProbeResult& result) {
  json::Object auth{{"role", nullptr}, {"scopes", json::Array{}}, {"capability", result.capability()}};
  if (const json::Object* said = json::object_at(result.hello, "auth")) {
    auth["role"] = or_null(std::string(json::text_or(*said, "role")));
    if (const json::Array* scopes = json::array_at(*said, "scopes")) auth["scopes"] = *scopes;
  }
  return auth;
}

}  // namespace

bool ProbeResult::is_scope_limited() const {
  if (!read_failure) return false;
  const json::Object* details = read_failure->details.if_object();
  return (details && json::text_or(*details, "code") == "MISSING_SCOPE") ||
         read_failure->message.find("missing scope") != std::string::npos;
}

std::string_view ProbeResult::capability() const {
  if (connect_failure) return connect_failure->code == "NOT_PAIRED" ? "pairing_pending" : "unknown";
  const json::Object* auth = json::object_at(hello, "auth");
  return auth ? capability_of(*auth) : "unknown";
}

std::vector<ProbeTarget> probe_targets(const TargetInput& input, Millis timeout) {
  std::vector<ProbeTarget> targets;
  const bool is_remote = input.config.mode == "remote";
  // The credentials of the command line are for the one target that it means.
  const auto add = [&](std::string id, bool is_active, const TargetInput& from, Millis budget) {
    TargetInput mine = targets.empty() ? from : without_flags(from);
    mine.is_probe = true;
    targets.push_back({std::move(id), is_active, resolve_target(mine), std::min(timeout, budget)});
  };
  if (input.url_flag) add("explicit", true, input, timeout);
  if (is_remote) {
    TargetInput remote = local_input(input);
    remote.config.mode = "remote";
    remote.port_flag.reset();
    add("configRemote", !input.url_flag && !input.port_flag, remote, kRemoteBudget);
  }
  const bool is_local_active = !input.url_flag && (!is_remote || input.port_flag);
  add("localLoopback", is_local_active, local_input(input), is_local_active ? timeout : kInactiveLocalBudget);
  return targets;
}

ProbeResult probe(const ProbeTarget& target) {
  ProbeResult result{.asked = target};
  if (!target.target) {
    result.connect_failure = target.target.error();
    return result;
  }
  const Instant begun = platform::now();
  const Instant deadline = begun + target.budget;
  // Without a device there is nothing that a gateway could pair. On its own machine the secret suffices to
  // read.
  const Identity nobody{.client_id = "cli", .mode = "cli", .scopes = {"operator.read"}, .device = {}};
  auto client = again_after_hand_over([&] { return Client::connect(*target.target, nobody, deadline); });
  result.latency = std::chrono::duration_cast<Millis>(platform::now() - begun);
  if (!client) {
    result.connect_failure = std::move(client).error();
    return result;
  }
  result.hello = client->hello();
  const auto read = [&](const char* method, json::Value& into) {
    auto answer = client->call(method, nullptr, deadline);
    if (answer) {
      into = *std::move(answer);
    } else if (!result.read_failure) {
      result.read_failure = std::move(answer).error();
    }
  };
  read("health", result.health);
  read("status", result.status);
  read("system-presence", result.presence);
  read("config.get", result.config);
  client->close();
  return result;
}

json::Object to_json(const ProbeResult& result) {
  const Failure* unresolved = result.asked.target ? nullptr : &result.asked.target.error();
  json::Object target{{"id", result.asked.id},
                      {"kind", result.asked.id},
                      {"url", unresolved ? or_null(unresolved->url) : json::Value(result.asked.target->url)},
                      {"active", result.asked.is_active},
                      {"tunnel", nullptr},
                      {"connect", connect_json(result)},
                      {"auth", auth_json(result)},
                      {"self", self_json(result.presence)},
                      {"config", config_json(result.config)},
                      {"health", result.health},
                      {"summary", result.status},
                      {"presence", result.presence}};
  if (const json::Object* server = json::object_at(result.hello, "server")) target["server"] = *server;
  return target;
}

}  // namespace gw::cli
