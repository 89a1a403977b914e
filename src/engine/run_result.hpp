#pragma once

#include <string>

#include "engine/run_observer.hpp"
#include "ports/restart_store.hpp"

/// The shapes of what a run leaves behind: transcript rows and the answer of the method that started it
/// (docs/wire.md).
namespace gw::engine {

/// What a run has to say when it ends.
struct RunContent {
  std::string text;
  std::string thinking;
  std::vector<ToolCall> tool_calls;
  std::string stop_reason;
  std::string response_id;
  std::string error;
  std::string error_kind;
  ModelUsage usage;
};

Message assistant_row(const RunInfo& run, const RunContent& content, UnixMillis at);
Message tool_result_row(const RunInfo& run, const ToolCall& call, const std::string& text, UnixMillis at);

/// The final payload of `agent`, kept with the job: `{runId, status, summary, …}`.
json::Object result_of(const RunInfo& run, run::Ending ending, const RunContent& content,
                       UnixMillis ended_at);

/// The same for a job that was aborted before it began.
json::Object aborted_result(const std::string& run_id, UnixMillis ended_at);

/// A message of the gateway itself, no model's: the reply to a command, the outcome of a restart.
SessionNote note(const std::string& session_key, const std::string& run_id, const std::string& text,
                 UnixMillis at);

JobState state_of(run::Ending ending);

}  // namespace gw::engine
