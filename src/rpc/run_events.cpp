#include "rpc/run_events.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace gw::rpc {
namespace {

json::Object text_message(std::string_view text, UnixMillis at) {
  return {{"role", "assistant"},
          {"content", json::Array{{{"type", "text"}, {"text", text}}}},
          {"timestamp", at.value}};
}

// The names that clients know for our failure kinds.
std::string_view error_kind_of(std::string_view kind) {
  if (kind == "rate_limit" || kind == "timeout" || kind == "context_length") return kind;
  return "unknown";
}

}  // namespace

void RunEvents::on_begun(const engine::RunInfo& info) {
  Run& run = runs_[info.job.value];
  run.info = info;
  by_session_[info.session_key] = info.job.value;
  session_changed(run, "start", true);
  agent_event(run, "lifecycle", {{"phase", "start"}, {"startedAt", info.started_at.value}});
}

void RunEvents::on_text(const engine::RunInfo& info, std::string_view text, std::string_view,
                        bool is_replaced) {
  const auto found = runs_.find(info.job.value);
  if (found == runs_.end()) return;
  Run& run = found->second;
  run.text = text;
  if (is_replaced) {
    run.is_replaced = true;
    run.sent = 0;
    run.timer.reset();
    return flush(run);
  }
  if (run.timer) return;
  const Millis wait = std::chrono::duration_cast<Millis>(run.last_delta + kDeltaInterval - loop_.now());
  if (wait <= Millis{0}) return flush(run);
  run.timer = loop_.after(wait, [this, job = info.job.value] {
    const auto due = runs_.find(job);
    if (due == runs_.end()) return;
    due->second.timer.reset();
    flush(due->second);
  });
}

void RunEvents::on_thinking(const engine::RunInfo& info, std::string_view text, std::string_view delta) {
  const auto found = runs_.find(info.job.value);
  if (found == runs_.end()) return;
  agent_event(found->second, "thinking", {{"text", text}, {"delta", delta}}, true);
}

void RunEvents::on_retry(const engine::RunInfo& info, const ModelFailure& failure, Millis wait) {
  const auto found = runs_.find(info.job.value);
  if (found == runs_.end()) return;
  const json::Object retry{
      {"attempt", 1}, {"maxAttempts", 4}, {"reason", failure.kind}, {"waitMs", wait.count()}};
  chat_event(found->second, "status", {}, {{"phase", "starting_model"}, {"retry", retry}}, true);
}

void RunEvents::on_ended(const engine::RunInfo& info, const engine::RunEnd& end) {
  Run& run = runs_[info.job.value];  // Made here for a job that was aborted before it began.
  run.info = info;
  run.timer.reset();
  const bool is_aborted = end.ending == run::Ending::Aborted || end.ending == run::Ending::TimedOut;
  if (!is_aborted) flush(run);

  const json::Object message = text_message(trimmed(end.text), end.ended_at);
  if (is_aborted) {
    json::Object fields{{"stopReason", end.stop_reason}};
    if (!end.text.empty()) fields["message"] = message;
    chat_event(run, "aborted", fields, fields);
    agent_event(run, "lifecycle",
                {{"phase", "end"},
                 {"status", "cancelled"},
                 {"aborted", true},
                 {"stopReason", end.stop_reason},
                 {"startedAt", info.started_at.value},
                 {"endedAt", end.ended_at.value}});
  } else if (end.ending == run::Ending::Answered) {
    agent_event(run, "lifecycle",
                {{"phase", "end"},
                 {"startedAt", info.started_at.value},
                 {"endedAt", end.ended_at.value},
                 {"stopReason", end.stop_reason},
                 {"livenessState", "working"}});
    json::Object fields{{"stopReason", end.stop_reason}};
    if (!trimmed(end.text).empty()) fields["message"] = message;
    chat_event(run, "final", fields, fields);
  } else {
    agent_event(run, "lifecycle",
                {{"phase", "error"},
                 {"error", end.error},
                 {"endedAt", end.ended_at.value},
                 {"livenessState", "blocked"}});
    const json::Object fields{{"errorMessage", end.error}, {"errorKind", error_kind_of(end.error_kind)}};
    chat_event(run, "error", fields, fields);
  }
  session_changed(run, "end", false);
  if (const auto current = by_session_.find(info.session_key);
      current != by_session_.end() && current->second == info.job.value) {
    by_session_.erase(current);
  }
  runs_.erase(info.job.value);
}

void RunEvents::on_note(const SessionNote& note) {
  Run run;
  run.info.run_id = note.message.run_id;
  run.info.session_key = note.session_key;
  const json::Object fields{{"stopReason", "stop"}, {"message", text_message(note.text, note.at)}};
  chat_event(run, "final", fields, fields);
}

std::optional<InFlightRun> RunEvents::in_flight(const std::string& session_key) const {
  const auto job = by_session_.find(session_key);
  if (job == by_session_.end()) return std::nullopt;
  const auto run = runs_.find(job->second);
  if (run == runs_.end()) return std::nullopt;
  return InFlightRun{run->second.info.run_id, run->second.text, run->second.info.started_at};
}

void RunEvents::flush(Run& run) {
  if (run.sent == run.text.size() && !run.is_replaced) return;
  const std::string_view delta = std::string_view(run.text).substr(run.sent);
  json::Object data{{"text", run.text}, {"delta", delta}};
  if (run.is_replaced) data["replace"] = true;
  agent_event(run, "assistant", std::move(data), true);

  json::Object fields{{"message", text_message(run.text, loop_.wall_now())}};
  json::Object fields_4 = fields;
  fields_4["deltaText"] = delta;
  if (run.is_replaced) fields_4["replace"] = true;
  chat_event(run, "delta", std::move(fields), std::move(fields_4), true);
  run.sent = run.text.size();
  run.is_replaced = false;
  run.last_delta = loop_.now();
}

void RunEvents::agent_event(Run& run, std::string_view stream, json::Object data, bool is_droppable) {
  json::Object payload{{"runId", run.info.run_id}, {"seq", ++run.seq},
                       {"stream", stream},         {"ts", loop_.wall_now().value},
                       {"data", std::move(data)},  {"sessionKey", run.info.session_key}};
  EventPayload texts;
  texts.for_3 = json::serialize(payload);
  payload["agentId"] = run.info.agent_id;
  texts.for_4 = json::serialize(payload);
  hub_.broadcast("agent", texts, {.scope = Scope::Read, .is_droppable = is_droppable});
}

// `fields_3` empty: not for clients of protocol 3.
void RunEvents::chat_event(Run& run, std::string_view state, json::Object fields_3, json::Object fields_4,
                           bool is_droppable) {
  const json::Object base{
      {"runId", run.info.run_id}, {"sessionKey", run.info.session_key}, {"seq", run.seq}, {"state", state}};
  EventPayload texts;
  if (!fields_3.empty()) {
    json::Object payload = base;
    for (auto& field : fields_3) payload.insert_or_assign(field.key(), std::move(field.value()));
    texts.for_3 = json::serialize(payload);
  }
  json::Object payload = base;
  payload["agentId"] = run.info.agent_id;
  for (auto& field : fields_4) payload.insert_or_assign(field.key(), std::move(field.value()));
  texts.for_4 = json::serialize(payload);
  hub_.broadcast("chat", texts, {.scope = Scope::Read, .is_droppable = is_droppable});
}

void RunEvents::session_changed(const Run& run, std::string_view phase, bool has_active_run) {
  if (!hub_.has_session_watchers()) return;
  const json::Object row{{"key", run.info.session_key},
                         {"kind", "direct"},
                         {"sessionId", run.info.session_id},
                         {"updatedAt", loop_.wall_now().value},
                         {"agentId", run.info.agent_id},
                         {"hasActiveRun", has_active_run},
                         {"status", has_active_run ? "running" : "done"},
                         {"modelProvider", run.info.provider},
                         {"model", run.info.model}};
  json::Object payload{{"sessionKey", run.info.session_key},
                       {"phase", phase},
                       {"ts", loop_.wall_now().value},
                       {"runId", run.info.run_id},
                       {"session", row}};
  for (const auto& field : row) payload.insert_or_assign(field.key(), field.value());
  hub_.broadcast("sessions.changed", EventPayload::same(payload),
                 {.scope = Scope::Read, .is_droppable = true, .only_session_watchers = true});
}

}  // namespace gw::rpc
