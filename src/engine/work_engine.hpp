#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/queue/lanes.hpp"
#include "core/restart/estimate.hpp"
#include "engine/run_driver.hpp"
#include "engine/run_observer.hpp"
#include "ports/task_store.hpp"

namespace gw::engine {

struct WorkLimits {
  int concurrent_runs = limits::kConcurrentRunsDefault;
  run::Limits run;
  std::size_t waiters_max = 4'096;  ///< Calls that wait for the end of a run, all together.
};

/// A task that is running.
struct RunningTask {
  TaskTag tag;
  std::string run_id;
  Millis age{0};  ///< Since it began in this generation.
};

/// Accepts messages durably, runs them lane by lane, and tells who waits for them. The store is the queue;
/// what is kept here is an index of it. Lives on the control thread.
class WorkEngine final {
 public:
  /// `work_changed` is called after every change of `running`, never from inside a call of this class's
  /// users.
  WorkEngine(RunContext context, WorkLimits limits, std::function<void()> work_changed);
  ~WorkEngine();

  /// New limits, and the model client was configured anew. What runs keeps what it began with.
  void reconfigure(const WorkLimits& limits);

  /// Takes the queue over from whoever served before and begins. Until then `submit` is refused.
  void start(Completion<void> done);

  /// Makes the message durable, then says so; a known run id gets what became of it. The job begins after
  /// `done` returned.
  void submit(NewJob job, Completion<Admission> done);

  /// Aborts the running job of a session, or the job with `run_id` in it, running or queued. The outcome is
  /// committed before `done` gets the run ids.
  void abort(const std::string& session_key, const std::optional<std::string>& run_id,
             Completion<std::vector<std::string>> done);
  /// The same for one job; false when it is not to be run here, or not any more.
  void abort(JobId job, Completion<bool> done);

  /// Calls back once, when the run is over or after `timeout` (nothing: no limit) with nothing. `kind`
  /// nothing: either. `Code::Unavailable` when too many wait or the run turned out to belong to another
  /// generation.
  void await(std::optional<JobKind> kind, const std::string& run_id, std::optional<Millis> timeout,
             Completion<std::optional<json::Object>> done);

  /// While fenced, accepted work is kept and nothing begins.
  void fence(bool on);
  /// While held, a job that was begun before and did not end waits, and so does what its session got since.
  /// To be set before `start`; letting go begins them.
  void hold_interrupted(bool on);
  /// For a hand-over: ends every run without recording an outcome; the successor begins them again.
  void cut();

  std::size_t running() const { return lanes_.running(); }
  std::size_t waiting() const { return lanes_.waiting(); }
  bool is_running_in(const std::string& session_key) const;
  std::vector<RunningTask> running_tasks() const;
  /// When running work will have ended, judged by the newest runs that are over.
  restart::Estimate estimate() const;
  /// Work that an earlier generation had begun and this one has taken up again.
  std::size_t resumed() const { return resumed_; }
  const std::string& default_model() const { return default_model_; }

 private:
  struct Entry {
    JobKind kind = JobKind::Chat;
    std::string run_id;
    std::string session_key;
    json::Object options;
    std::unique_ptr<RunDriver> driver;    // Set while running and begun.
    Instant began_at;                     // Set while running.
    std::shared_ptr<ModelClient> models;  // The same.
    bool is_abort_wanted = false;         // Asked for while `begin` was under way.
  };
  struct Waiter {
    std::optional<JobKind> kind;
    Completion<std::optional<json::Object>> done;
    std::unique_ptr<Timer> timer;
  };
  struct AbortBatch;
  using WaitOutcome = Result<std::optional<json::Object>>;

  void enqueue(const Job& job);
  void schedule_pump();
  void pump();
  void begin(JobId job);
  void on_begun(JobId job, Step step, Result<Begun> begun);
  void abort_running(Entry& entry, std::shared_ptr<AbortBatch> batch);
  void abort_queued(JobId job, std::shared_ptr<AbortBatch> batch);
  void over(JobId job, const json::Object* result);
  void tell_waiters(JobKind kind, const std::string& run_id, const WaitOutcome& outcome);
  void tell_one(const std::string& run_id, const Waiter* waiter, std::optional<json::Object> result);
  const Waiter* add_waiter(std::optional<JobKind> kind, const std::string& run_id,
                           std::optional<Millis> timeout, Completion<std::optional<json::Object>> done);
  void report_change();
  void load_durations();
  void add_duration(Millis duration);
  Millis age_of(const Entry& entry) const;
  run::Limits limits_for(const json::Object& options) const;

  RunContext context_;
  WorkLimits limits_;
  std::function<void()> work_changed_;
  std::string default_model_;
  std::deque<Millis> durations_;  // Of the newest runs that are over, the latest first.
  std::size_t resumed_ = 0;
  queue::Lanes lanes_;
  std::unordered_map<std::int64_t, Entry> entries_;  // By JobId::value: everything queued or running.
  std::unordered_multimap<std::string, std::unique_ptr<Waiter>> waiters_;  // By run id.
  bool is_holding_ = false;
  std::vector<JobId> held_;  // In `entries_` but in no lane.
  std::unordered_set<std::string> held_sessions_;
  std::string owner_base_;
  int times_served_ = 0;
  bool is_started_ = false;
  bool is_cut_ = false;
  bool is_pump_due_ = false;
  std::unique_ptr<Timer> begin_retry_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace gw::engine
