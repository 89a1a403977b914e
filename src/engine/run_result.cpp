#include "engine/run_result.hpp"

#include "base/uuid.hpp"

namespace gw::engine {
namespace {

constexpr std::string_view kTimedOutText = "Request timed out before the model finished its answer.";

json::Object usage_json(const ModelUsage& usage) {
  return {{"input", usage.input},
          {"output", usage.output},
          {"cacheRead", usage.cache_read},
          {"cacheWrite", usage.cache_write},
          {"totalTokens", usage.total},
          {"cost", {{"input", 0}, {"output", 0}, {"cacheRead", 0}, {"cacheWrite", 0}, {"total", 0}}}};
}

constexpr std::size_t kRowDepth = 8;  // Levels that a transcript row may put around a call's arguments.

// What a model wrote as arguments. Kept as text where it is no JSON, or nested so deep that a row holding it
// could not be read back.
json::Value arguments_json(const std::string& text) {
  auto parsed = json::parse(text);
  const bool fits = parsed && json::parse(std::string(kRowDepth, '[') + text + std::string(kRowDepth, ']'));
  return fits ? *std::move(parsed) : json::Value(json::Object{{"unparsed", text}});
}

json::Object meta_of(const RunInfo& run, run::Ending ending, const RunContent& content, UnixMillis ended_at) {
  return {{"durationMs", ended_at.value - run.started_at.value},
          {"agentMeta",
           {{"sessionId", run.session_id},
            {"sessionFile", run.session_key},
            {"provider", run.provider},
            {"model", run.model},
            {"lastCallUsage", usage_json(content.usage)},
            {"usage", usage_json(content.usage)}}},
          {"aborted", ending == run::Ending::Aborted || ending == run::Ending::TimedOut},
          {"finalAssistantVisibleText", content.text},
          {"stopReason", content.stop_reason},
          {"attempts", run.attempt}};
}

}  // namespace

Message assistant_row(const RunInfo& run, const RunContent& content, UnixMillis at) {
  json::Array blocks;
  if (!content.thinking.empty()) blocks.push_back({{"type", "thinking"}, {"thinking", content.thinking}});
  if (!content.text.empty()) blocks.push_back({{"type", "text"}, {"text", content.text}});
  for (const ToolCall& call : content.tool_calls) {
    blocks.push_back({{"type", "toolCall"},
                      {"id", call.id},
                      {"name", call.name},
                      {"arguments", arguments_json(call.arguments)}});
  }
  Message row{0, random_uuid().substr(0, 8), run.run_id, {}};
  row.body = {{"role", "assistant"},
              {"content", std::move(blocks)},
              {"timestamp", at.value},
              {"provider", run.provider},
              {"model", run.model},
              {"usage", usage_json(content.usage)},
              {"stopReason", content.stop_reason}};
  if (!content.response_id.empty()) row.body["responseId"] = content.response_id;
  if (!content.error.empty()) row.body["errorMessage"] = content.error;
  return row;
}

SessionNote note(const std::string& session_key, const std::string& run_id, const std::string& text,
                 UnixMillis at) {
  RunInfo run;
  run.run_id = run_id;
  run.provider = "openclaw";
  run.model = "gateway";
  RunContent content;
  content.text = text;
  content.stop_reason = "stop";
  return {session_key, text, assistant_row(run, content, at), at};
}

Message tool_result_row(const RunInfo& run, const ToolCall& call, const std::string& text, UnixMillis at) {
  Message row{0, random_uuid().substr(0, 8), run.run_id, {}};
  row.body = {{"role", "toolResult"},  {"toolCallId", call.id},
              {"toolName", call.name}, {"content", json::Array{{{"type", "text"}, {"text", text}}}},
              {"isError", true},       {"timestamp", at.value}};
  return row;
}

json::Object result_of(const RunInfo& run, run::Ending ending, const RunContent& content,
                       UnixMillis ended_at) {
  json::Object result{{"runId", run.run_id}};
  switch (ending) {
    case run::Ending::Answered:
      result["status"] = "ok";
      result["summary"] = "completed";
      result["result"] = {{"payloads", json::Array{{{"text", content.text}, {"mediaUrl", nullptr}}}},
                          {"meta", meta_of(run, ending, content, ended_at)}};
      break;
    case run::Ending::Aborted:
    case run::Ending::TimedOut: {
      const bool timed_out = ending == run::Ending::TimedOut;
      const std::string_view text = timed_out ? kTimedOutText : std::string_view(content.text);
      result["status"] = "timeout";
      result["summary"] = "aborted";
      if (!timed_out) result["stopReason"] = content.stop_reason;
      result["result"] = {
          {"payloads", json::Array{{{"text", text}, {"mediaUrl", nullptr}, {"isError", timed_out}}}},
          {"meta", meta_of(run, ending, content, ended_at)}};
      break;
    }
    case run::Ending::Failed:
    case run::Ending::TooManyToolRounds:
      result["status"] = "error";
      result["summary"] = content.error;
      break;
  }
  result["startedAt"] = run.started_at.value;
  result["endedAt"] = ended_at.value;
  return result;
}

json::Object aborted_result(const std::string& run_id, UnixMillis ended_at) {
  return {{"runId", run_id},
          {"status", "timeout"},
          {"summary", "aborted"},
          {"stopReason", "rpc"},
          {"endedAt", ended_at.value}};
}

JobState state_of(run::Ending ending) {
  switch (ending) {
    case run::Ending::Answered:
      return JobState::Done;
    case run::Ending::Aborted:
    case run::Ending::TimedOut:
      return JobState::Aborted;
    case run::Ending::Failed:
    case run::Ending::TooManyToolRounds:
      return JobState::Failed;
  }
  return JobState::Failed;
}

}  // namespace gw::engine
