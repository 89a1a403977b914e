#include "gateway/hello.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/version.hpp"

namespace gw::gateway {
namespace {

constexpr std::string_view kEvents[] = {"agent",  "chat",     "connect.challenge", "gateway.restart",
                                        "health", "presence", "sessions.changed",  "shutdown",
                                        "tick"};

// Clients change what they do for each of these: only what is really served stands here.
constexpr std::string_view kCapabilities[] = {"gateway-restart-target-safe-v1", "published-model-catalog"};

json::Object features_json(const rpc::MethodTable& methods) {
  const auto names = methods.names();
  return {{"methods", json::Array(names.begin(), names.end())},
          {"events", json::Array(std::begin(kEvents), std::end(kEvents))},
          {"capabilities", json::Array(std::begin(kCapabilities), std::end(kCapabilities))}};
}

json::Object snapshot_json(const rpc::Services& services, const rpc::Client& client) {
  const std::string& agent = services.config.default_agent;
  const auto uptime = std::chrono::duration_cast<Millis>(services.loop.now() - services.facts.started_at);
  auto health = json::parse(services.health.text());
  json::Object snapshot{
      {"presence", services.presence.list(services.loop.wall_now())},
      {"health", health ? *std::move(health) : json::Value(json::Object{})},
      {"stateVersion", {{"presence", services.presence.version()}, {"health", services.health.version()}}},
      {"uptimeMs", uptime.count()},
      {"sessionDefaults",
       {{"defaultAgentId", agent},
        {"mainKey", "main"},
        {"mainSessionKey", "agent:" + agent + ":main"},
        {"scope", "per-sender"},
        {"modelConfigured", services.models.models().front().api != "builtin-echo"},
        {"ownership", "sole"},
        {"selectionRequired", false}}},
      {"suspension", {{"phase", "accepting"}}}};
  if (rpc::has_scope(client, rpc::Scope::Admin)) {
    snapshot["configPath"] = services.paths.config_file.string();
    snapshot["stateDir"] = services.paths.state_dir.string();
    snapshot["authMode"] = config::name_of(services.config.auth_mode);
  }
  return snapshot;
}

}  // namespace

json::Object hello_json(const rpc::Services& services, const rpc::MethodTable& methods,
                        const rpc::Client& client) {
  return {{"type", "hello-ok"},
          {"protocol", client.protocol},
          {"server", {{"version", kVersion}, {"connId", client.conn_id}, {"bootId", services.facts.boot_id}}},
          {"features", features_json(methods)},
          {"snapshot", snapshot_json(services, client)},
          {"policy",
           {{"maxPayload", limits::kFrameBytesMax},
            {"maxBufferedBytes", limits::kUnsentBytesMax},
            {"tickIntervalMs", limits::kTickInterval.count()}}}};
}

}  // namespace gw::gateway
