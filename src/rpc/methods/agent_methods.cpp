#include <utility>

#include "base/text.hpp"
#include "base/uuid.hpp"
#include "core/session/key.hpp"
#include "json/read.hpp"
#include "rpc/methods/services.hpp"

namespace gw::rpc {
namespace {

constexpr std::int64_t kWaitDefaultMs = 30'000;
constexpr std::int64_t kWaitMaxMs = 24LL * 60 * 60 * 1'000;
constexpr std::size_t kTitleUnitsMax = 200;

// The session that a call means: its key, else its id, else the main session.
Result<std::string> session_of(const std::optional<std::string>& key, const std::optional<std::string>& id,
                               const std::string& agent) {
  if (key && !key->empty()) return session::full_key(*key, agent);
  if (id && !id->empty()) return session::key_of_id(*id, agent);
  return session::full_key(session::kMainKey, agent);
}

Result<NewJob> read_agent_call(const Services& services, const json::Value& params) {
  json::Reader reader(params);
  NewJob job;
  job.kind = JobKind::Agent;
  job.text = reader.text("message");
  job.run_id = reader.text("idempotencyKey");
  const auto key = reader.optional_text("sessionKey");
  const auto id = reader.optional_text("sessionId");
  const auto agent = reader.optional_text("agentId");
  const auto provider = reader.optional_text("provider");
  const auto model = reader.optional_text("model");
  const auto label = reader.optional_text("label");
  const auto timeout_s = reader.optional_int("timeout", 0, INT32_MAX);
  const json::Value* attachments = reader.any("attachments");
  reader.ignore({"to",
                 "replyTo",
                 "thinking",
                 "deliver",
                 "channel",
                 "replyChannel",
                 "accountId",
                 "replyAccountId",
                 "threadId",
                 "groupId",
                 "groupChannel",
                 "groupSpace",
                 "bestEffortDeliver",
                 "lane",
                 "cleanupBundleMcpOnRunEnd",
                 "modelRun",
                 "promptMode",
                 "extraSystemPrompt",
                 "bootstrapContextMode",
                 "bootstrapContextRunKind",
                 "acpTurnSource",
                 "internalEvents",
                 "inputProvenance",
                 "voiceWakeTrigger",
                 "cwd",
                 "expectedExistingSessionId",
                 "suppressPromptPersistence",
                 "sessionEffects",
                 "sourceReplyDeliveryMode",
                 "disableMessageTool"});
  if (auto read = reader.finish(); !read) return std::unexpected(invalid_params("agent", read.error()));
  if (agent && *agent != services.config.default_agent) {
    return fail(Code::InvalidRequest, "invalid agent params: unknown agent id \"" + *agent + "\"");
  }
  if (attachments && attachments->is_array() && !attachments->get_array().empty()) {
    return fail(Code::InvalidRequest, "attachments are not supported in this release; send text only");
  }
  auto session_key = session_of(key, id, services.config.default_agent);
  if (!session_key) return std::unexpected(invalid_params("agent", session_key.error()));

  job.session_key = *std::move(session_key);
  job.session_id = id && !id->empty() ? *id : random_uuid();
  job.agent_id = session::agent_of(job.session_key);
  if (timeout_s && *timeout_s > 0) job.options["timeoutMs"] = *timeout_s * 1'000;
  if (model) job.options["model"] = model->contains('/') || !provider ? *model : *provider + "/" + *model;
  if (key &&
      !key->empty()) {  // A call that names its session is a task: it is listed and stands in a preflight.
    set_task_tag(job.options, {.id = random_uuid(),
                               .label = std::string(cut_utf16(trimmed(label.value_or("")), kTitleUnitsMax)),
                               .title = std::string(cut_utf16(trimmed(job.text), kTitleUnitsMax))});
  }
  job.accepted_at = services.loop.wall_now();
  return job;
}

// The second answer of `agent`: an error carries the payload beside it.
void respond_final(const Responder& respond, const json::Object& result) {
  if (json::text_or(result, "status") != "error") return respond.ok(result);
  const frames::WireError error{
      "UNAVAILABLE", std::string(json::text_or(result, "summary")), {}, false, std::nullopt};
  respond.error(error, {{"runId", json::text_or(result, "runId")},
                        {"status", "error"},
                        {"summary", json::text_or(result, "summary")}});
}

void agent(Services& services, Call call) {
  auto job = read_agent_call(services, call.params);
  if (!job) return call.respond.error(job.error());
  services.engine.submit(*std::move(job), [&services, call](Result<Admission> admission) {
    if (!admission) return call.respond.error(admission.error());
    const Job& known = admission->job;
    if (is_over(known.state)) return respond_final(call.respond, known.result);
    json::Object accepted{
        {"runId", known.run_id}, {"status", "accepted"}, {"acceptedAt", known.accepted_at.value}};
    if (call.client->protocol >= 4) {
      accepted["sessionKey"] = known.session_key;
      accepted["agentId"] = known.agent_id;
    }
    call.respond.accepted(accepted);
    services.engine.await(JobKind::Agent, known.run_id, std::nullopt,
                          [call](Result<std::optional<json::Object>> result) {
                            if (!result) return call.respond.error(result.error());
                            if (*result) respond_final(call.respond, **result);
                          });
  });
}

json::Object wait_answer(const Client& client, const std::string& run_id, const json::Object& result) {
  const std::string_view status = json::text_or(result, "status");
  json::Object answer{{"runId", run_id}};
  for (const std::string_view key : {"startedAt", "endedAt", "stopReason"}) {
    if (const json::Value* value = result.if_contains({key.data(), key.size()})) answer[key] = *value;
  }
  if (status == "ok") {
    answer["status"] = "ok";
    answer["livenessState"] = "working";
    if (const json::Object* inner = json::object_at(result, "result")) {
      if (const json::Object* meta = json::object_at(*inner, "meta"))
        answer["stopReason"] = json::text_or(*meta, "stopReason");
    }
    return answer;
  }
  const bool is_abort = status == "timeout";
  answer["status"] = is_abort && client.protocol < 4 ? "timeout" : "error";
  answer["error"] = json::text_or(result, "summary");
  return answer;
}

void agent_wait(Services& services, Call call) {
  json::Reader reader(call.params);
  const std::string run_id = reader.text("runId");
  const std::int64_t timeout_ms = reader.optional_int("timeoutMs", 0, kWaitMaxMs).value_or(kWaitDefaultMs);
  if (auto read = reader.finish(); !read)
    return call.respond.error(invalid_params("agent.wait", read.error()));
  services.engine.await(std::nullopt, run_id, Millis{timeout_ms},
                        [call, run_id](Result<std::optional<json::Object>> result) {
                          if (!result) return call.respond.error(result.error());
                          if (!*result) return call.respond.ok({{"runId", run_id}, {"status", "timeout"}});
                          call.respond.ok(wait_answer(*call.client, run_id, **result));
                        });
}

}  // namespace

void add_agent_methods(MethodTable& table, Services& services) {
  table.add({.name = "agent",
             .scope = Scope::Write,
             .help = "Run one turn; answers twice, when it is accepted and when it is over.",
             .handle = [&services](Call call) { agent(services, std::move(call)); }});
  table.add({.name = "agent.wait",
             .scope = Scope::Write,
             .help = "Wait for the end of a run.",
             .handle = [&services](Call call) { agent_wait(services, std::move(call)); }});
}

}  // namespace gw::rpc
