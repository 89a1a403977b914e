#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/run/machine.hpp"
#include "ports/model_client.hpp"
#include "ports/work_store.hpp"

namespace gw::engine {

/// A run under way, as everyone who watches it knows it.
struct RunInfo {
  JobId job;
  JobKind kind = JobKind::Chat;
  std::string run_id;
  std::string session_key;
  std::string session_id;
  std::string agent_id;
  std::string provider;
  std::string model;
  int attempt = 1;  ///< Above 1: begun again after a crash or a forced restart.
  UnixMillis started_at;
};

/// How a run ended. Committed before anyone is told.
struct RunEnd {
  run::Ending ending = run::Ending::Answered;
  std::string text;        ///< The answer, or what there was of it.
  std::string error;       ///< For people; empty unless it failed.
  std::string error_kind;  ///< ModelFailure::kind.
  std::string stop_reason;
  std::optional<Message> message;  ///< The transcript row; a job that never began has none.
  json::Object result;             ///< What `agent` answers.
  ModelUsage usage;
  UnixMillis ended_at;
};

/// Told of every change of every run, on the control thread, in order.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void on_begun(const RunInfo& run) = 0;
  /// `text` is everything so far and ends with `delta`, unless `is_replaced`: then it starts anew.
  virtual void on_text(const RunInfo& run, std::string_view text, std::string_view delta,
                       bool is_replaced) = 0;
  virtual void on_thinking(const RunInfo& run, std::string_view text, std::string_view delta) = 0;
  /// A model call failed and is repeated after `wait`.
  virtual void on_retry(const RunInfo& run, const ModelFailure& failure, Millis wait) = 0;
  virtual void on_ended(const RunInfo& run, const RunEnd& end) = 0;
};

}  // namespace gw::engine
