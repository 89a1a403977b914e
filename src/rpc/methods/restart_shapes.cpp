#include "rpc/methods/restart_shapes.hpp"

#include <algorithm>
#include <string>

#include "engine/task_line.hpp"

namespace gw::rpc {
namespace {

json::Object task_blocker(const engine::RunningTask& task) {
  json::Object detail{{"taskId", task.tag.id},
                      {"status", "running"},
                      {"runtime", task.tag.runtime},
                      {"runId", task.run_id},
                      {"ageMs", task.age.count()}};
  if (!task.tag.label.empty()) detail["label"] = task.tag.label;
  if (!task.tag.title.empty()) detail["title"] = task.tag.title;
  return {{"kind", "task"}, {"count", 1}, {"message", engine::task_line(task)}, {"task", std::move(detail)}};
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

}  // namespace

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
      {"resumedRuns", record.resumed_runs},
      {"fromVersion", record.from_version}};
  if (!record.to_version.empty()) object["toVersion"] = record.to_version;
  if (!record.failure.empty()) object["failure"] = record.failure;
  if (record.ended_at) object["endedAtMs"] = record.ended_at->value;
  return object;
}

json::Object to_json(const restart::Estimate& estimate) {
  return {
      {"remainingMs", estimate.remaining ? json::Value(estimate.remaining->count()) : json::Value(nullptr)},
      {"samples", estimate.samples}};
}

}  // namespace gw::rpc
