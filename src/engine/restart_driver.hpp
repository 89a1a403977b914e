#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "core/restart/machine.hpp"
#include "engine/work_engine.hpp"
#include "ports/loop.hpp"
#include "ports/restart_store.hpp"
#include "ports/supervisor.hpp"

namespace gw::engine {

/// What serving means, apart from runs: the listener, its clients and the writing database connection.
class Service {
 public:
  virtual ~Service() = default;
  /// Stop accepting, tell the clients, close the writer; then call back. Cannot fail.
  virtual void stop_serving(bool is_restart, Callback<> done) = 0;
  /// The opposite: open the writer, take the queue over, accept.
  virtual void serve_again() = 0;
  /// End the process.
  virtual void exit(int code) = 0;
};

/// Who asks for a restart, as the history and the log show it.
struct Requester {
  std::string client;  ///< `cli`, `gateway-client`, `signal SIGUSR1` …
  std::string device;
  std::string address;
  std::string reason;
  std::string session_key;                 ///< Where the outcome is told; empty: nowhere.
  std::vector<std::string> changed_paths;  ///< Of a changed configuration.
};

struct RestartRequest {
  restart::Mode mode = restart::Mode::Safe;
  Millis delay{0};  ///< Before the wait begins.
  Millis wait{0};
  bool skip_deferral = false;
  Requester requester;
};

/// Work that stands in the way of an idle restart, counted as `gateway.restart.preflight` shows it.
struct Preflight {
  std::size_t queue_size = 0;
  std::size_t embedded_runs = 0;
  std::vector<RunningTask> tasks;

  std::size_t total() const { return queue_size + embedded_runs + tasks.size(); }
  bool is_safe() const { return total() == 0; }
};

struct RestartAnswer {
  std::string id;
  bool is_coalesced = false;
  Millis delay{0};
  Millis cooldown_applied{0};
  Preflight preflight;  ///< As it was before the request.
};

struct RestartStatus {
  restart::Phase phase = restart::Phase::Idle;
  std::optional<RestartRecord> current;
  std::optional<Millis> cut_in;       ///< Until running work is cut; nothing: never.
  std::vector<RestartRecord> recent;  ///< Newest first.
  restart::Estimate estimate;         ///< Until running work has ended.
};

/// Carries out what restart::Machine decides: spawns and drops successors through the keeper, fences the
/// engine, hands over, and keeps the durable record of every restart. Lives on the control thread.
class RestartDriver final : public SupervisorEvents {
 public:
  struct Parts {
    Loop& loop;
    Log& log;
    WorkEngine& engine;
    RestartStore& store;
    Supervisor& supervisor;
    Service& service;
    bool allow_signal = true;                      ///< `commands.restart`.
    std::function<void()> changed;                 ///< Told after each change of phase.
    std::function<void(const SessionNote&)> tell;  ///< A note is on record: show it to who watches.
    /// Takes away what a command line left beside a restart signal; nothing: a safe restart is meant.
    std::function<std::optional<RestartRequest>()> take_signal_intent;
  };

  RestartDriver(Parts parts, restart::Limits limits);

  /// For restarts that are asked for from now on.
  void reconfigure(bool allow_signal, const restart::Limits& limits);

  /// Loads the history and writes the ending of the restart that brought this generation up.
  /// `released_at`: when the predecessor stopped accepting; nothing when there was none.
  /// After `on_resume` it writes the failure of the restart instead.
  void begin_serving(std::optional<Instant> released_at);

  Preflight preflight() const;
  /// Answers once the request is on record. `Code::Unavailable` without a keeper and while stopping.
  void request(RestartRequest request, Completion<RestartAnswer> done);
  /// False: nothing to cancel any more.
  bool cancel();
  RestartStatus status() const;
  /// From the record, newest first; `before` as in RestartStore::recent.
  void history(std::size_t limit, std::string before, Completion<std::vector<RestartRecord>> done) const;
  restart::Phase phase() const { return machine_.phase(); }
  std::optional<Instant> last_attempt() const { return machine_.last_attempt(); }
  /// How long nobody accepted connections in the latest restart on record.
  std::optional<Millis> last_gap() const;

  void on_work_changed();
  void on_successor_ready(const std::string& version, std::int64_t attempt) override;
  void on_successor_failed(const std::string& reason, std::int64_t attempt) override;
  void on_resume(const std::string& reason) override;
  void on_retire() override;
  void on_stop() override;
  void on_restart_signal(const std::string& signal) override;

 private:
  void step(const restart::Event& event);
  void carry_out(const restart::Event& event);
  void apply(const restart::Answer& effect);
  void apply(const restart::Refuse&);
  void apply(const restart::Fence& effect);
  void apply(const restart::StartSuccessor& effect);
  void apply(const restart::DropSuccessor&);
  void apply(const restart::HandOver& effect);
  void apply(const restart::Finished& effect);
  void apply(const restart::PhaseChanged& effect);
  void arm_timer();
  void log_wait(std::string_view verb);
  void log_joined(const RestartRequest& request, restart::Phase before, std::optional<Millis> delay_before);
  void report_wait_later();
  void finish(RestartRecord record);
  void remember(const RestartRecord& record);
  void serve_after_resume(const std::string& reason);
  void save(const RestartRecord& record, Callback<> then);
  RestartRecord new_record(const RestartRequest& request) const;

  Parts parts_;
  restart::Machine machine_;
  std::optional<RestartRecord> current_;
  std::vector<RestartRecord> recent_;           // Newest first, at most kRecentMax.
  std::optional<restart::Answer> last_answer_;  // Of the step under way; nothing when it was refused.
  Instant requested_at_{};
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Timer> report_timer_;       // Between two lines about a long wait.
  std::optional<std::string> resume_reason_;  // Set from `on_resume` to serving.
  restart::Phase told_phase_ = restart::Phase::Idle;
  bool has_released_ = false;  // Nothing is ours any more, unless we are told to resume.
  bool is_stopping_ = false;
};

}  // namespace gw::engine
