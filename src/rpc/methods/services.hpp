#pragma once

#include <functional>
#include <string>

#include "base/log.hpp"
#include "config/config.hpp"
#include "engine/crash_guard.hpp"
#include "engine/restart_driver.hpp"
#include "engine/work_engine.hpp"
#include "ports/loop.hpp"
#include "ports/model_client.hpp"
#include "ports/task_store.hpp"
#include "ports/usage_store.hpp"
#include "ports/work_store.hpp"
#include "rpc/event_hub.hpp"
#include "rpc/gateway_facts.hpp"
#include "rpc/health_snapshot.hpp"
#include "rpc/method_table.hpp"
#include "rpc/presence.hpp"
#include "rpc/rate_limit.hpp"
#include "rpc/run_events.hpp"
#include "rpc/stability.hpp"

namespace gw::rpc {

struct LogTail {
  std::int64_t cursor = -1;  ///< Below 0: the end of the file.
  std::int64_t limit = 500;
  std::int64_t bytes_max = 250'000;
};

/// Everything that methods work with. All of it outlives the method table.
struct Services {
  Loop& loop;
  Log& log;
  const config::Config& config;
  const config::Paths& paths;
  const GatewayFacts& facts;
  WorkStore& store;
  TaskStore& tasks;
  UsageStore& usage;
  ModelClient& models;
  engine::WorkEngine& engine;
  engine::RestartDriver& restart;
  engine::CrashGuard& crash_guard;
  Supervisor& supervisor;
  EventHub& hub;
  RunEvents& runs;
  Presence& presence;
  WriteLimiter& write_limiter;
  HealthSnapshot& health;
  StabilityRing& stability;
  std::function<Result<json::Object>(const LogTail&)> tail_log;
};

void add_agent_methods(MethodTable& table, Services& services);
void add_chat_methods(MethodTable& table, Services& services);
void add_config_methods(MethodTable& table, Services& services);
void add_restart_methods(MethodTable& table, Services& services);
void add_session_methods(MethodTable& table, Services& services);
void add_stability_methods(MethodTable& table, Services& services);
void add_status_methods(MethodTable& table, Services& services);
void add_task_methods(MethodTable& table, Services& services);
void add_usage_methods(MethodTable& table, Services& services);

/// `invalid <method> params: <detail>`, as OpenClaw says it.
Error invalid_params(std::string_view method, const Error& detail);

/// A session as `sessions.list`, `chat.history` and the health snapshot show it.
json::Object session_row(const Services& services, const Session& session);

/// `{modelProvider, model, contextTokens}` of the default model.
json::Object session_defaults(const Services& services);

}  // namespace gw::rpc
