#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "base/uuid.hpp"
#include "core/session/key.hpp"
#include "json/read.hpp"
#include "rpc/methods/chat_commands.hpp"
#include "rpc/methods/history.hpp"

namespace gw::rpc {
namespace {

// What a person types to stop a run, instead of a message for the model.
constexpr std::array<std::string_view, 4> kStopPhrases = {"/stop", "stop", "abort", "esc"};

bool is_stop_phrase(std::string_view message) {
  const std::string text = lower_ascii(trimmed(message));
  return std::ranges::find(kStopPhrases, text) != kStopPhrases.end();
}

void abort(Services& services, const Call& call, const std::string& session_key,
           std::optional<std::string> run_id) {
  services.engine.abort(session_key, run_id, [call](Result<std::vector<std::string>> aborted) {
    if (!aborted) return call.respond.error(aborted.error());
    json::Array run_ids(aborted->begin(), aborted->end());
    const bool any = !run_ids.empty();
    call.respond.ok({{"ok", true}, {"aborted", any}, {"runIds", std::move(run_ids)}});
  });
}

json::Object acknowledgement(const Admission& admission) {
  const Job& job = admission.job;
  json::Object answer{{"runId", job.run_id}};
  if (admission.is_new) {
    answer["status"] = "started";
    return answer;
  }
  switch (job.state) {
    case JobState::Queued:
    case JobState::Running:
      answer["status"] = "in_flight";
      break;
    case JobState::Done:
      answer["status"] = "ok";
      break;
    case JobState::Aborted:
      answer["status"] = "timeout";
      answer["summary"] = "aborted";
      answer["stopReason"] = json::text_or(job.result, "stopReason", "rpc");
      if (job.ended_at) answer["endedAt"] = job.ended_at->value;
      break;
    case JobState::Failed:
      answer["status"] = "error";
      answer["summary"] = json::text_or(job.result, "summary");
      break;
  }
  return answer;
}

void chat_send(Services& services, Call call) {
  json::Reader reader(call.params);
  const std::string session_key = reader.text("sessionKey");
  const json::Value* text = reader.any("message");
  if (!text || !text->is_string())
    reader.problem(text ? "at /message: must be string" : "must have required property 'message'");
  NewJob job;
  job.run_id = reader.text("idempotencyKey");
  job.session_id = reader.optional_text("sessionId").value_or("");
  const auto timeout_ms = reader.optional_int("timeoutMs", 0, INT64_MAX);
  const json::Value* attachments = reader.any("attachments");
  reader.ignore({"thinking",
                 "deliver",
                 "originatingChannel",
                 "originatingTo",
                 "originatingAccountId",
                 "originatingThreadId",
                 "systemInputProvenance",
                 "systemProvenanceReceipt",
                 "agentId",
                 "fastMode",
                 "fastAutoOnSeconds",
                 "queueMode",
                 "replyToId",
                 "mentions",
                 "intent",
                 "workContext",
                 "toolBindings",
                 "suppressCommandInterpretation",
                 "expectedLeafEntryId",
                 "expectedSessionRoutingContract",
                 "expectedPermissionMode",
                 "expectedToolOverrides"});
  if (auto read = reader.finish(); !read)
    return call.respond.error(invalid_params("chat.send", read.error()));
  auto full = session::full_key(session_key, services.config.default_agent);
  if (!full) return call.respond.error(invalid_params("chat.send", full.error()));
  if (attachments && attachments->is_array() && !attachments->get_array().empty()) {
    return call.respond.refuse("attachments are not supported in this release; send text only");
  }
  job.text = json::view(text->get_string());
  if (trimmed(job.text).empty()) return call.respond.refuse("message or attachment required");
  if (is_stop_phrase(job.text)) return abort(services, call, *full, std::nullopt);

  job.kind = JobKind::Chat;
  job.session_key = *std::move(full);
  if (job.session_id.empty()) job.session_id = random_uuid();
  job.agent_id = session::agent_of(job.session_key);
  if (timeout_ms && *timeout_ms > 0) job.options["timeoutMs"] = *timeout_ms;
  job.accepted_at = services.loop.wall_now();
  const auto acknowledge = [call](Result<Admission> admission) {
    if (!admission) return call.respond.error(admission.error());
    call.respond.ok(acknowledgement(*admission));
  };
  if (is_chat_command(job.text)) return run_chat_command(services, call, std::move(job), acknowledge);
  services.engine.submit(std::move(job), acknowledge);
}

void chat_history(Services& services, Call call, bool is_startup) {
  const std::string_view method = is_startup ? "chat.startup" : "chat.history";
  auto query = read_history_query(method, call.params, services.config.default_agent);
  if (!query) return call.respond.error(query.error());
  services.store.history(
      query->full_key, 0, query->limit,
      [&services, call, query = *query, is_startup](Result<History> history) {
        if (!history) return call.respond.error(history.error());
        json::Object answer = history_json(services, *call.client, query, *history);
        if (is_startup) {
          json::Array models;
          for (const ModelInfo& model : services.models.models()) {
            models.push_back({{"id", model.id}, {"name", model.name}, {"provider", model.provider}});
          }
          answer["metadata"] = {{"models", std::move(models)},
                                {"commands", json::Array{}},
                                {"swarmEnabled", false},
                                {"accountSelection", nullptr},
                                {"runtimeSelectionLocked", false}};
        }
        call.respond.ok(answer);
      });
}

void chat_abort(Services& services, Call call) {
  json::Reader reader(call.params);
  const std::string session_key = reader.text("sessionKey");
  auto run_id = reader.optional_text("runId");
  reader.ignore({"agentId"});
  if (auto read = reader.finish(); !read)
    return call.respond.error(invalid_params("chat.abort", read.error()));
  auto full = session::full_key(session_key, services.config.default_agent);
  if (!full) return call.respond.error(invalid_params("chat.abort", full.error()));
  abort(services, call, *full, std::move(run_id));
}

}  // namespace

void add_chat_methods(MethodTable& table, Services& services) {
  table.add({.name = "chat.send",
             .scope = Scope::Write,
             .help = "Accept a message for a session; the answer follows as `chat` events.",
             .handle = [&services](Call call) { chat_send(services, std::move(call)); }});
  table.add({.name = "chat.history",
             .scope = Scope::Read,
             .help = "The newest messages of a session.",
             .handle = [&services](Call call) { chat_history(services, std::move(call), false); }});
  table.add({.name = "chat.startup",
             .scope = Scope::Read,
             .help = "What a chat window needs first: history and models.",
             .handle = [&services](Call call) { chat_history(services, std::move(call), true); }});
  table.add({.name = "chat.abort",
             .scope = Scope::Write,
             .help = "End the run of a session, or one run by its id.",
             .handle = [&services](Call call) { chat_abort(services, std::move(call)); }});
}

}  // namespace gw::rpc
