#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "engine/run_observer.hpp"
#include "ports/loop.hpp"
#include "ports/restart_store.hpp"
#include "rpc/event_hub.hpp"

namespace gw::rpc {

/// Between two deltas of one run; the text in between is sent together. OpenClaw's own value.
inline constexpr Millis kDeltaInterval{150};

/// A run as `chat.history` shows it while it is under way.
struct InFlightRun {
  std::string run_id;
  std::string text;
  UnixMillis started_at;
};

/// Turns what happens to runs into `agent`, `chat` and `sessions.changed` events. Lives on the control
/// thread.
class RunEvents final : public engine::RunObserver {
 public:
  RunEvents(Loop& loop, EventHub& hub) : loop_(loop), hub_(hub) {}

  void on_begun(const engine::RunInfo& run) override;
  void on_text(const engine::RunInfo& run, std::string_view text, std::string_view delta,
               bool is_replaced) override;
  void on_thinking(const engine::RunInfo& run, std::string_view text, std::string_view delta) override;
  void on_retry(const engine::RunInfo& run, const ModelFailure& failure, Millis wait) override;
  void on_ended(const engine::RunInfo& run, const engine::RunEnd& end) override;

  /// The gateway itself said something, outside any run.
  void on_note(const SessionNote& note);

  std::optional<InFlightRun> in_flight(const std::string& session_key) const;
  /// Forgets every run: the generation hands over.
  void clear() { runs_.clear(); }

 private:
  struct Run {
    engine::RunInfo info;
    std::int64_t seq = 0;      // Of the run's own events, from 1.
    std::string text;          // All of it.
    std::size_t sent = 0;      // Bytes of it that clients have.
    bool is_replaced = false;  // The next delta starts the text anew.
    Instant last_delta{};
    std::unique_ptr<Timer> timer;
  };

  void flush(Run& run);
  void agent_event(Run& run, std::string_view stream, json::Object data, bool is_droppable = false);
  void chat_event(Run& run, std::string_view state, json::Object fields_3, json::Object fields_4,
                  bool is_droppable = false);
  void session_changed(const Run& run, std::string_view phase, bool has_active_run);

  Loop& loop_;
  EventHub& hub_;
  std::unordered_map<std::int64_t, Run> runs_;                // By job.
  std::unordered_map<std::string, std::int64_t> by_session_;  // Session key: its running job.
};

}  // namespace gw::rpc
