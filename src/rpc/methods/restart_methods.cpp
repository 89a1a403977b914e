#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "core/session/key.hpp"
#include "json/read.hpp"
#include "rpc/methods/services.hpp"

namespace gw::rpc {
namespace {

constexpr std::string_view kDefaultReason = "gateway.restart.safe";
constexpr std::size_t kTaskTitleUnitsMax = 80;
constexpr std::int64_t kWaitMsMax = 2'147'000'000;

std::string task_line(const engine::RunningTask& task) {
  std::string line = "taskId=" + task.task_id + " runId=" + task.run_id + " status=running runtime=cli";
  if (!task.title.empty()) line += " title=" + std::string(cut_utf16(task.title, kTaskTitleUnitsMax));
  return line;
}

json::Object task_blocker(const engine::RunningTask& task) {
  json::Object detail{
      {"taskId", task.task_id}, {"status", "running"}, {"runtime", "cli"}, {"runId", task.run_id}};
  if (!task.title.empty()) detail["title"] = task.title;
  return {{"kind", "task"}, {"count", 1}, {"message", task_line(task)}, {"task", std::move(detail)}};
}

void add_blocker(json::Array& blockers, std::string_view kind, std::size_t count, std::string_view text) {
  if (count == 0) return;
  blockers.push_back(
      {{"kind", kind}, {"count", count}, {"message", std::to_string(count) + " " + std::string(text)}});
}

json::Array blockers_of(const engine::Preflight& preflight) {
  json::Array blockers;
  add_blocker(blockers, "queue", preflight.queue_size, "queued or active operation(s)");
  add_blocker(blockers, "embedded-run", preflight.embedded_runs, "active embedded run(s)");
  const std::size_t shown = std::min(preflight.tasks.size(), limits::kTaskBlockersMax);
  for (std::size_t i = 0; i < shown; ++i) blockers.push_back(task_blocker(preflight.tasks[i]));
  add_blocker(blockers, "task", preflight.tasks.size() - shown, "additional active background task run(s)");
  return blockers;
}

json::Object to_json(const engine::Preflight& preflight) {
  json::Array blockers = blockers_of(preflight);
  std::string summary = "safe to restart now";
  if (!blockers.empty()) {
    summary = "restart deferred: ";
    for (std::size_t i = 0; i < blockers.size(); ++i) {
      if (i > 0) summary += "; ";
      summary += json::text_or(blockers[i].get_object(), "message");
    }
  }
  return {{"safe", preflight.is_safe()},
          {"counts",
           {{"queueSize", preflight.queue_size},
            {"pendingReplies", 0},
            {"embeddedRuns", preflight.embedded_runs},
            {"cronRuns", 0},
            {"backgroundExecSessions", 0},
            {"rootRequests", 0},
            {"activeTasks", preflight.tasks.size()},
            {"totalActive", preflight.total()}}},
          {"blockers", std::move(blockers)},
          {"summary", std::move(summary)}};
}

json::Object to_json(const RestartRecord& record) {
  json::Object object{
      {"id", record.id},
      {"mode", record.mode},
      {"reason", record.reason},
      {"outcome", record.outcome.empty() ? json::Value(nullptr) : json::Value(record.outcome)},
      {"requestedAtMs", record.requested_at.value},
      {"requesters", record.requesters},
      {"waitedMs", record.waited_ms},
      {"gapMs", record.gap_ms},
      {"cutRuns", record.cut_runs},
      {"fromVersion", record.from_version}};
  if (!record.to_version.empty()) object["toVersion"] = record.to_version;
  if (!record.failure.empty()) object["failure"] = record.failure;
  if (record.ended_at) object["endedAtMs"] = record.ended_at->value;
  return object;
}

struct Target {
  std::int64_t pid = 0;
  std::string owner_id;
  std::int64_t port = 0;
};

// What a request asks for, or the message of its refusal. The texts are those that OpenClaw's command line
// knows.
struct ParsedRequest {
  engine::RestartRequest request;
  std::optional<Target> target;
  bool is_safe_target = false;
};

std::optional<Target> read_target(const json::Value& value) {
  const json::Object* object = value.if_object();
  if (!object) return std::nullopt;
  Target target{json::int_or(*object, "pid", 0), std::string(trimmed(json::text_or(*object, "ownerId"))),
                json::int_or(*object, "port", 0)};
  const bool is_good = target.pid > 0 && !target.owner_id.empty() && target.port > 0 && target.port <= 65'535;
  return is_good ? std::optional(std::move(target)) : std::nullopt;
}

// False: malformed.
bool read_intent(const json::Value* value, engine::RestartRequest& request) {
  request.mode = restart::Mode::Plain;
  if (!value) return true;
  const json::Object* intent = value->if_object();
  if (!intent) return false;
  const json::Value* force = intent->if_contains("force");
  if (force && !force->is_bool()) return false;
  if (force && force->get_bool()) {
    request.mode = restart::Mode::Force;
    if (intent->contains("waitMs")) return false;
    const std::int64_t budget_ms = json::int_or(*intent, "drainBudgetMs", 0);
    const json::Value* budget = intent->if_contains("drainBudgetMs");
    return (!budget || budget->is_int64()) && budget_ms >= 0 && budget_ms <= kWaitMsMax;
  }
  if (intent->contains("drainBudgetMs")) return false;
  if (!intent->contains("waitMs")) return true;
  const std::int64_t wait_ms = json::int_or(*intent, "waitMs", -1);
  if (wait_ms < 0 || wait_ms > kWaitMsMax) return false;
  request.mode = restart::Mode::Wait;
  request.wait = Millis{wait_ms};
  return true;
}

Result<ParsedRequest> read_request(const json::Value& params) {
  ParsedRequest parsed;
  if (params.is_null()) return parsed;
  const json::Object* object = params.if_object();
  if (!object) return fail(Code::InvalidRequest, "invalid gateway.restart.request params");
  parsed.request.requester.reason =
      cut_utf16(trimmed(json::text_or(*object, "reason")), limits::kRestartReasonUnitsMax);
  parsed.request.requester.session_key = trimmed(json::text_or(*object, "sessionKey"));
  parsed.request.skip_deferral = json::bool_or(*object, "skipDeferral", false);

  const json::Value* target = object->if_contains("target");
  if (!target) return parsed;
  parsed.target = read_target(*target);
  if (!parsed.target) return fail(Code::InvalidRequest, "invalid targeted gateway restart");
  const json::Value* safe = object->if_contains("safe");
  if (safe && !safe->is_bool()) return fail(Code::InvalidRequest, "invalid safe targeted restart mode");
  const json::Value* intent = object->if_contains("restartIntent");
  parsed.is_safe_target = safe && safe->get_bool();
  if (parsed.is_safe_target) {
    if (intent) return fail(Code::InvalidRequest, "safe targeted restart does not accept intent");
    return parsed;
  }
  if (!read_intent(intent, parsed.request)) {
    return fail(Code::InvalidRequest, "invalid targeted gateway restart intent");
  }
  return parsed;
}

bool owns_lock(const Services& services, const Target& target) {
  return target.pid == services.supervisor.pid() && target.owner_id == services.facts.owner_id &&
         target.port == services.facts.port;
}

json::Object safe_answer(const Services& services, const engine::RestartAnswer& answer,
                         const std::string& reason, bool skips, std::string_view signal) {
  const std::string_view status = answer.is_coalesced                   ? "coalesced"
                                  : skips || answer.preflight.is_safe() ? "scheduled"
                                                                        : "deferred";
  return {{"ok", true},
          {"status", status},
          {"preflight", to_json(answer.preflight)},
          {"restart",
           {{"ok", true},
            {"pid", services.supervisor.pid()},
            {"signal", signal},
            {"delayMs", answer.delay.count()},
            {"reason", reason},
            {"mode", "emit"},
            {"coalesced", answer.is_coalesced},
            {"cooldownMsApplied", answer.cooldown_applied.count()},
            {"emitHooksQueued", false},
            {"id", answer.id}}}};
}

void request_restart(Services& services, Call call) {
  auto parsed = read_request(call.params);
  if (!parsed) return call.respond.error(parsed.error());
  const bool is_emitted = parsed->target && !parsed->is_safe_target;
  if (is_emitted && !owns_lock(services, *parsed->target)) {
    return call.respond.refuse("target gateway no longer owns the active lock");
  }
  engine::RestartRequest request = std::move(parsed->request);
  auto session = session::full_key(request.requester.session_key, services.config.default_agent);
  request.requester.session_key = session ? *std::move(session) : std::string();
  request.requester.client = call.client->client_id;
  request.requester.device = call.client->device_id;
  request.requester.address = call.client->address;
  if (request.requester.reason.empty()) request.requester.reason = kDefaultReason;

  const std::string reason = request.requester.reason;
  const bool skips = request.skip_deferral;
  services.restart.request(
      std::move(request), [&services, call, reason, skips, is_emitted](Result<engine::RestartAnswer> answer) {
        if (!answer) return call.respond.error(answer.error());
        if (answer->is_coalesced) {
          services.write_limiter.refund("gateway.restart.request", *call.client, services.loop.now());
        }
        if (is_emitted) {
          return call.respond.ok({{"ok", true},
                                  {"status", answer->is_coalesced ? "coalesced" : "emitted"},
                                  {"pid", services.supervisor.pid()},
                                  {"id", answer->id}});
        }
        const std::string_view signal = call.client->protocol >= 4 ? "SIGUSR2" : "SIGUSR1";
        call.respond.ok(safe_answer(services, *answer, reason, skips, signal));
      });
}

void restart_status(Services& services, Call call) {
  json::Reader reader(call.params);
  const auto id = reader.optional_text("id");
  if (auto read = reader.finish(); !read) {
    return call.respond.error(invalid_params("gateway.restart.status", read.error()));
  }
  const engine::RestartStatus status = services.restart.status();
  json::Value restart = nullptr;
  json::Array recent;
  if (status.current && (!id || *id == status.current->id)) restart = to_json(*status.current);
  for (const RestartRecord& record : status.recent) {
    if (id && *id == record.id) restart = to_json(record);
    recent.push_back(to_json(record));
  }
  json::Object answer{{"phase", restart::name_of(status.phase)},
                      {"restart", restart},
                      {"last", recent.empty() ? json::Value(nullptr) : recent.front()},
                      {"preflight", to_json(services.restart.preflight())},
                      {"generation", services.facts.generation},
                      {"bootId", services.facts.boot_id},
                      {"pid", services.supervisor.pid()}};
  answer["cutInMs"] = status.cut_in ? json::Value(status.cut_in->count()) : json::Value(nullptr);
  answer["recent"] = std::move(recent);
  call.respond.ok(answer);
}

}  // namespace

void add_restart_methods(MethodTable& table, Services& services) {
  table.add({.name = "gateway.restart.preflight",
             .scope = Scope::Read,
             .help = "What a safe restart would wait for now.",
             .handle = [&services](Call call) { call.respond.ok(to_json(services.restart.preflight())); }});
  table.add({.name = "gateway.restart.request",
             .scope = Scope::Admin,
             .help = "Ask for one restart once running work has ended; requests join the one under way.",
             .is_control_write = true,
             .handle = [&services](Call call) { request_restart(services, std::move(call)); }});
  table.add({.name = "gateway.restart.status",
             .scope = Scope::Read,
             .help = "The restart under way, what it waits for, and how the last ones ended.",
             .handle = [&services](Call call) { restart_status(services, std::move(call)); }});
}

}  // namespace gw::rpc
