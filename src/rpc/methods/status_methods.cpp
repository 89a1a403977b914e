#include <unistd.h>

#include "base/version.hpp"
#include "rpc/methods/services.hpp"

namespace gw::rpc {
namespace {

constexpr std::size_t kRecentSessions = 10;

json::Object tasks_json(const Services& services) {
  const auto running = static_cast<std::int64_t>(services.engine.running_tasks().size());
  return {{"total", running},
          {"active", running},
          {"terminal", 0},
          {"failures", 0},
          {"byStatus",
           {{"queued", 0},
            {"running", running},
            {"succeeded", 0},
            {"failed", 0},
            {"timed_out", 0},
            {"cancelled", 0},
            {"lost", 0}}},
          {"byRuntime", {{"subagent", 0}, {"acp", 0}, {"cli", running}, {"cron", 0}}}};
}

json::Object audit_json() {
  return {{"total", 0},
          {"warnings", 0},
          {"errors", 0},
          {"byCode",
           {{"stale_queued", 0},
            {"stale_running", 0},
            {"lost", 0},
            {"delivery_failed", 0},
            {"missing_cleanup", 0},
            {"inconsistent_timestamps", 0}}}};
}

json::Value crash_loop_json(const Services& services) {
  const auto held = services.crash_guard.held();
  if (!held) return nullptr;
  return {{"uncleanStarts", held->unclean_starts}, {"heldForMs", held->time_left.count()}};
}

// Callers without `admin` see counts only.
json::Object sessions_json(const Services& services, const SessionPage& page, bool is_admin) {
  const std::string path = services.paths.database().string();
  json::Array recent;
  if (is_admin) {
    for (const Session& session : page.sessions) recent.push_back(session_row(services, session));
  }
  const json::Object by_agent{{"agentId", services.config.default_agent},
                              {"path", is_admin ? path : "[redacted]"},
                              {"count", page.total},
                              {"recent", recent}};
  json::Object defaults{{"model", nullptr}, {"contextTokens", nullptr}};
  if (is_admin) {
    const json::Object known = session_defaults(services);
    defaults["model"] = known.at("model");
    defaults["contextTokens"] = known.at("contextTokens");
  }
  return {{"paths", is_admin ? json::Array{path} : json::Array{}},
          {"count", page.total},
          {"defaults", defaults},
          {"recent", std::move(recent)},
          {"byAgent", json::Array{by_agent}}};
}

void status(Services& services, Call call) {
  services.store.sessions(kRecentSessions, 0, {}, [&services, call](Result<SessionPage> page) {
    if (!page) return call.respond.error(page.error());
    const bool is_admin = has_scope(*call.client, Scope::Admin);
    const json::Object heartbeat{{"agentId", services.config.default_agent},
                                 {"enabled", false},
                                 {"every", "0m"},
                                 {"everyMs", nullptr}};
    const json::Object status{
        {"runtimeVersion", kVersion},
        {"heartbeat",
         {{"defaultAgentId", services.config.default_agent}, {"agents", json::Array{heartbeat}}}},
        {"channelSummary", json::Array{}},
        {"queuedSystemEvents", json::Array{}},
        {"tasks", tasks_json(services)},
        {"taskAudit", audit_json()},
        {"sessions", sessions_json(services, *page, is_admin)},
        {"pid", services.supervisor.pid()},
        {"generation",
         {{"number", services.facts.generation}, {"pid", ::getpid()}, {"bootId", services.facts.boot_id}}},
        {"queue", {{"running", services.engine.running()}, {"waiting", services.engine.waiting()}}},
        {"crashLoop", crash_loop_json(services)},
        {"restart", {{"phase", restart::name_of(services.restart.phase())}}}};
    call.respond.ok(status);
  });
}

json::Object channels_status(const Services& services) {
  return {{"ts", services.loop.wall_now().value},
          {"channelOrder", json::Array{}},
          {"channelLabels", json::Object{}},
          {"channelMeta", json::Array{}},
          {"channels", json::Object{}},
          {"channelAccounts", json::Object{}},
          {"channelDefaultAccountId", json::Object{}},
          {"statusIssues", json::Array{}}};
}

}  // namespace

void add_status_methods(MethodTable& table, Services& services) {
  table.add({.name = "health",
             .scope = Scope::None,
             .help = "Whether the gateway serves, and what it serves.",
             .handle = [&services](Call call) { call.respond.ok_text(services.health.text()); }});
  table.add({.name = "status",
             .scope = Scope::Read,
             .help = "Sessions, tasks, queue and restart at a glance.",
             .handle = [&services](Call call) { status(services, std::move(call)); }});
  table.add({.name = "gateway.identity.get",
             .scope = Scope::Read,
             .help = "The gateway's own device key.",
             .handle = [&services](Call call) {
               call.respond.ok(
                   {{"deviceId", services.facts.device_id}, {"publicKey", services.facts.public_key}});
             }});
  table.add({.name = "system-presence",
             .scope = Scope::Read,
             .help = "Who is connected.",
             .handle = [&services](Call call) {
               call.respond.ok(services.presence.list(services.loop.wall_now()));
             }});
  table.add({.name = "channels.status",
             .scope = Scope::Read,
             .help = "The channels of this gateway; none in this release.",
             .handle = [&services](Call call) { call.respond.ok(channels_status(services)); }});
  table.add({.name = "last-heartbeat",
             .scope = Scope::Read,
             .help = "The last heartbeat; there are none in this release.",
             .handle = [](Call call) { call.respond.ok(nullptr); }});
}

}  // namespace gw::rpc
