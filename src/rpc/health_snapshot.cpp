#include "rpc/health_snapshot.hpp"

#include <utility>

#include "base/limits.hpp"

namespace gw::rpc {
namespace {

constexpr std::size_t kRecentSessions = 5;

json::Object to_json(const ConfigReloadState& state) {
  json::Object object{{"hotReloadStatus", state.is_active ? "active" : "disabled"}};
  if (state.problem) {
    object["problem"] = json::Object{
        {"path", state.problem->path}, {"message", state.problem->message}, {"ts", state.problem->at.value}};
  }
  if (!state.awaiting_restart.empty()) {
    object["awaitingRestart"] = json::Array(state.awaiting_restart.begin(), state.awaiting_restart.end());
  }
  return object;
}

}  // namespace

HealthSnapshot::HealthSnapshot(const config::Config& config, std::string database, Loop& loop,
                               WorkStore& store, EventHub& hub)
    : config_(config), database_(std::move(database)), loop_(loop), store_(store), hub_(hub) {
  build();
}

HealthSnapshot::~HealthSnapshot() { *is_alive_ = false; }

const std::string& HealthSnapshot::text() {
  if (loop_.now() - built_at_ > kFresh) refresh();
  return text_;
}

void HealthSnapshot::send_to(const std::string& conn_id, std::int64_t presence_version) {
  hub_.send_to(conn_id, "health", {text(), text_},
               {.version = frames::StateVersion{presence_version, version_}});
}

void HealthSnapshot::start(std::function<std::int64_t()> presence_version) {
  presence_version_ = std::move(presence_version);
  refresh();
  announce_later();
}

void HealthSnapshot::announce_later() {
  timer_ = loop_.after(limits::kHealthInterval, [this] {
    announce();
    announce_later();
  });
}

void HealthSnapshot::announce() {
  if (hub_.size() == 0) return;
  ++version_;
  hub_.broadcast("health", {text(), text_}, {.version = frames::StateVersion{presence_version_(), version_}});
}

void HealthSnapshot::config_changed(ConfigReloadState state) {
  reload_ = std::move(state);
  build();
  announce();
}

void HealthSnapshot::refresh() {
  if (std::exchange(is_refreshing_, true)) return;
  store_.sessions(kRecentSessions, 0, {}, [this, alive = is_alive_](Result<SessionPage> page) {
    if (!*alive) return;
    is_refreshing_ = false;
    if (!page) return;
    page_ = *std::move(page);
    build();
  });
}

void HealthSnapshot::build() {
  const std::int64_t now = loop_.wall_now().value;
  json::Array recent;
  for (const Session& session : page_.sessions) {
    recent.push_back({{"key", session.key},
                      {"updatedAt", session.updated_at.value},
                      {"age", now - session.updated_at.value}});
  }
  const json::Object sessions{{"path", database_}, {"count", page_.total}, {"recent", std::move(recent)}};
  const json::Object heartbeat{{"enabled", false}, {"every", "0m"},    {"everyMs", nullptr},
                               {"prompt", ""},     {"target", "none"}, {"ackMaxChars", 0}};
  const json::Object health{{"ok", true},
                            {"ts", now},
                            {"durationMs", 0},
                            {"plugins", {{"loaded", json::Array{}}, {"errors", json::Array{}}}},
                            {"channels", json::Object{}},
                            {"channelOrder", json::Array{}},
                            {"channelLabels", json::Object{}},
                            {"heartbeatSeconds", 0},
                            {"defaultAgentId", config_.default_agent},
                            {"agents", json::Array{{{"agentId", config_.default_agent},
                                                    {"isDefault", true},
                                                    {"heartbeat", heartbeat},
                                                    {"sessions", sessions}}}},
                            {"sessions", sessions},
                            {"configReload", to_json(reload_)}};
  text_ = json::serialize(health);
  built_at_ = loop_.now();
}

}  // namespace gw::rpc
