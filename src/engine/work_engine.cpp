#include "engine/work_engine.hpp"

#include <algorithm>
#include <utility>

namespace gw::engine {
namespace {

constexpr std::size_t kDurationsMax = 64;  // Enough for a median, few enough to follow a change of habits.

}  // namespace

// The aborts of one request; answers when the last of them is committed.
struct WorkEngine::AbortBatch {
  explicit AbortBatch(Completion<std::vector<std::string>> answer) : done(std::move(answer)) {}
  ~AbortBatch() { done(std::move(run_ids)); }

  Completion<std::vector<std::string>> done;
  std::vector<std::string> run_ids;
};

WorkEngine::WorkEngine(RunContext context, WorkLimits limits, std::function<void()> work_changed)
    : context_(std::move(context)),
      limits_(limits),
      work_changed_(std::move(work_changed)),
      lanes_(limits.concurrent_runs),
      owner_base_(context_.owner) {
  reconfigure(limits);
}

WorkEngine::~WorkEngine() { *is_alive_ = false; }

void WorkEngine::reconfigure(const WorkLimits& limits) {
  limits_ = limits;
  const ModelInfo primary = context_.models.models().front();
  default_model_ = primary.provider + "/" + primary.id;
  lanes_.set_concurrent_max(limits.concurrent_runs);
  if (is_started_) schedule_pump();
}

void WorkEngine::start(Completion<void> done) {
  is_cut_ = false;
  durations_.clear();
  // A name of its own for each time of serving: what an earlier time left running is then somebody else's.
  context_.owner = owner_base_ + "." + std::to_string(++times_served_);
  context_.store.take_over(context_.owner, [this, alive = is_alive_, served = times_served_,
                                            done = std::move(done)](Result<std::vector<Job>> jobs) mutable {
    if (!*alive) return;
    if (is_cut_ || served != times_served_) return done(fail(Code::Unavailable, "cut before it served"));
    if (!jobs) return done(std::unexpected(std::move(jobs).error()));
    is_started_ = true;
    for (const Job& job : *jobs) enqueue(job);
    resumed_ =
        static_cast<std::size_t>(std::ranges::count_if(*jobs, [](const Job& j) { return j.attempt > 0; }));
    load_durations();
    schedule_pump();
    done({});
  });
}

void WorkEngine::submit(NewJob job, Completion<Admission> done) {
  if (is_cut_) return done(fail(Code::Unavailable, "the gateway is handing over to its successor"));
  if (!is_started_)
    return done(fail(Code::Unavailable, "the queue cannot be taken over: the database cannot be written"));
  context_.store.admit(
      std::move(job), [this, alive = is_alive_, done = std::move(done)](Result<Admission> admission) mutable {
        if (!*alive) return;
        if (admission && admission->is_new && is_started_) {
          enqueue(admission->job);
          schedule_pump();
        }
        done(std::move(admission));
      });
}

void WorkEngine::enqueue(const Job& job) {
  Entry entry;
  entry.kind = job.kind;
  entry.run_id = job.run_id;
  entry.session_key = job.session_key;
  entry.options = job.options;
  entries_.emplace(job.id.value, std::move(entry));
  if (is_holding_ && (job.attempt > 0 || held_sessions_.contains(job.session_key))) {
    held_sessions_.insert(job.session_key);
    held_.push_back(job.id);
    return;
  }
  lanes_.add(job.id, job.session_key);
}

void WorkEngine::hold_interrupted(bool on) {
  is_holding_ = on;
  if (on) return;
  for (const JobId job : std::exchange(held_, {})) {
    const auto found = entries_.find(job.value);
    if (found != entries_.end()) lanes_.add(job, found->second.session_key);  // Else aborted meanwhile.
  }
  held_sessions_.clear();
  schedule_pump();
}

// Jobs begin in a turn of their own, so that an answer is always sent before the first event of its run.
void WorkEngine::schedule_pump() {
  if (std::exchange(is_pump_due_, true)) return;
  context_.loop.post([this, alive = is_alive_] {
    if (!*alive) return;
    is_pump_due_ = false;
    pump();
  });
}

void WorkEngine::pump() {
  if (is_cut_) return;
  const std::vector<JobId> ready = lanes_.begin_ready();
  for (const JobId job : ready) begin(job);
  if (!ready.empty()) report_change();
}

void WorkEngine::begin(JobId job) {
  Entry& entry = entries_.at(job.value);
  entry.began_at = context_.loop.now();
  entry.models = context_.models.pinned();
  const std::string_view model = json::text_or(entry.options, "model", default_model_);
  Step step{.job = job, .number = 1, .attempt = 0, .kind = "model_call", .detail = std::string(model)};
  context_.store.begin(job, context_.owner, step, context_.loop.wall_now(),
                       [this, alive = is_alive_, job, step](Result<Begun> begun) mutable {
                         if (*alive && !is_cut_) on_begun(job, std::move(step), std::move(begun));
                       });
}

void WorkEngine::on_begun(JobId job, Step step, Result<Begun> begun) {
  const auto found = entries_.find(job.value);
  if (found == entries_.end()) return;  // Aborted or cut meanwhile.
  if (!begun) {
    context_.log.error("queue", "could not begin a job",
                       {{"job", job.value}, {"error", begun.error().message}});
    if (begun.error().code == Code::Conflict || begun.error().code == Code::NotFound)
      return over(job, nullptr);
    lanes_.put_back(job);
    report_change();
    begin_retry_ = context_.loop.after(kStoreRetryWait, [this] { pump(); });
    return;
  }
  Entry& entry = found->second;
  const run::Limits limits = limits_for(begun->job.options);
  entry.driver = std::make_unique<RunDriver>(
      context_, entry.models, *std::move(begun), std::move(step), limits,
      [this, job](const RunEnd* end) { over(job, end ? &end->result : nullptr); });
  RunDriver& driver = *entry.driver;
  const bool is_abort_wanted = entry.is_abort_wanted;
  driver.begin();
  if (is_abort_wanted) driver.abort("rpc");
}

// Runs inside the driver's own callback: the driver goes with the entry, which nothing touches afterwards.
void WorkEngine::over(JobId job, const json::Object* result) {
  const auto found = entries_.find(job.value);
  if (found == entries_.end()) return;
  const Entry entry = std::move(found->second);
  entries_.erase(found);
  if (result && lanes_.is_running(job)) add_duration(age_of(entry));
  lanes_.remove(job);
  tell_waiters(entry.kind, entry.run_id,
               result ? WaitOutcome(*result)
                      : fail(Code::Unavailable, "the run went on in another generation of the gateway"));
  report_change();
  schedule_pump();
}

void WorkEngine::abort(const std::string& session_key, const std::optional<std::string>& run_id,
                       Completion<std::vector<std::string>> done) {
  // Held by every abort under way; the last one to let go answers.
  auto batch = std::make_shared<AbortBatch>(std::move(done));
  std::vector<JobId> queued;
  for (auto& [id, entry] : entries_) {
    if (entry.session_key != session_key || (run_id && entry.run_id != *run_id)) continue;
    if (!lanes_.is_running(JobId{id})) {
      if (run_id) queued.push_back(JobId{id});
      continue;
    }
    abort_running(entry, batch);
  }
  for (const JobId job : queued) abort_queued(job, batch);
}

void WorkEngine::abort(JobId job, Completion<bool> done) {
  auto batch = std::make_shared<AbortBatch>(
      [done = std::move(done)](Result<std::vector<std::string>> aborted) mutable {
        done(!aborted->empty());
      });
  const auto found = entries_.find(job.value);
  if (found == entries_.end()) return;
  if (lanes_.is_running(job)) return abort_running(found->second, std::move(batch));
  abort_queued(job, std::move(batch));
}

void WorkEngine::abort_running(Entry& entry, std::shared_ptr<AbortBatch> batch) {
  add_waiter(entry.kind, entry.run_id, std::nullopt,
             [batch = std::move(batch), aborted = entry.run_id](const WaitOutcome& outcome) {
               if (outcome) batch->run_ids.push_back(aborted);
             });
  if (entry.driver) {
    entry.driver->abort("rpc");
  } else {
    entry.is_abort_wanted = true;
  }
}

void WorkEngine::abort_queued(JobId job, std::shared_ptr<AbortBatch> batch) {
  const UnixMillis now = context_.loop.wall_now();
  Outcome outcome{.job = job,
                  .owner = context_.owner,
                  .state = JobState::Aborted,
                  .messages = {},
                  .result = aborted_result(entries_.at(job.value).run_id, now),
                  .model = {},
                  .ended_at = now};
  const json::Object result = outcome.result;
  context_.store.finish(std::move(outcome), [this, alive = is_alive_, job, batch, result,
                                             now](Result<std::vector<Message>> rows) {
    if (!*alive || !rows) return;  // Not committed: it stays queued and is not reported as aborted.
    const auto found = entries_.find(job.value);
    if (found == entries_.end()) return;
    batch->run_ids.push_back(found->second.run_id);
    const RunInfo info{.job = job,
                       .kind = found->second.kind,
                       .run_id = found->second.run_id,
                       .session_key = found->second.session_key,
                       .session_id = {},
                       .agent_id = {},
                       .provider = {},
                       .model = {},
                       .attempt = 0,
                       .started_at = now};
    RunEnd end{.ending = run::Ending::Aborted, .stop_reason = "rpc", .result = result, .ended_at = now};
    context_.observer.on_ended(info, end);
    over(job, &result);
  });
}

void WorkEngine::await(std::optional<JobKind> kind, const std::string& run_id, std::optional<Millis> timeout,
                       Completion<std::optional<json::Object>> done) {
  if (waiters_.size() >= limits_.waiters_max) {
    return done(fail(Code::Unavailable, "too many calls wait for runs to end"));
  }
  const Waiter* waiter = add_waiter(kind, run_id, timeout, std::move(done));
  auto found = [this, alive = is_alive_, run_id, waiter](Result<std::optional<Job>> job) {
    if (!*alive || !job || !*job || !is_over((*job)->state)) return;
    // The waiter may have been told meanwhile; then this finds nobody.
    tell_one(run_id, waiter, (*job)->result);
  };
  if (kind) {
    context_.store.find_job(*kind, run_id, std::move(found));
  } else {
    context_.store.find_run(run_id, std::move(found));
  }
}

const WorkEngine::Waiter* WorkEngine::add_waiter(std::optional<JobKind> kind, const std::string& run_id,
                                                 std::optional<Millis> timeout,
                                                 Completion<std::optional<json::Object>> done) {
  auto waiter = std::make_unique<Waiter>(kind, std::move(done), nullptr);
  Waiter* raw = waiter.get();
  waiters_.emplace(run_id, std::move(waiter));
  if (timeout) {
    raw->timer = context_.loop.after(*timeout, [this, run_id, raw] { tell_one(run_id, raw, std::nullopt); });
  }
  return raw;
}

void WorkEngine::tell_waiters(JobKind kind, const std::string& run_id, const WaitOutcome& outcome) {
  std::vector<std::unique_ptr<Waiter>> told;
  for (auto [at, end] = waiters_.equal_range(run_id); at != end;) {
    if (!at->second->kind || *at->second->kind == kind) {
      told.push_back(std::move(at->second));
      at = waiters_.erase(at);
    } else {
      ++at;
    }
  }
  for (const auto& waiter : told) waiter->done(outcome);
}

void WorkEngine::tell_one(const std::string& run_id, const Waiter* waiter,
                          std::optional<json::Object> result) {
  for (auto [at, end] = waiters_.equal_range(run_id); at != end; ++at) {
    if (at->second.get() != waiter) continue;
    const std::unique_ptr<Waiter> told = std::move(at->second);
    waiters_.erase(at);
    return told->done(std::move(result));
  }
}

void WorkEngine::fence(bool on) {
  lanes_.fence(on);
  if (!on) schedule_pump();
}

void WorkEngine::cut() {
  is_cut_ = true;
  is_started_ = false;
  begin_retry_.reset();
  for (auto& [id, entry] : entries_) entry.driver.reset();
  entries_.clear();
  waiters_.clear();
  held_.clear();
  held_sessions_.clear();
  const bool was_fenced = lanes_.is_fenced();
  lanes_ = queue::Lanes(limits_.concurrent_runs);
  lanes_.fence(was_fenced);
  report_change();  // Should this generation serve again, its next restart must not wait for what was cut.
}

bool WorkEngine::is_running_in(const std::string& session_key) const {
  return lanes_.is_running_in(session_key);
}

void WorkEngine::load_durations() {
  context_.store.durations(kDurationsMax, [this, alive = is_alive_](Result<std::vector<Millis>> durations) {
    if (!*alive) return;
    if (!durations) {
      context_.log.warn("queue", "could not read how long earlier runs took; estimates begin anew",
                        {{"error", durations.error().message}});
      return;
    }
    // Those that ended since are newer.
    for (const Millis duration : *durations) {
      if (durations_.size() < kDurationsMax) durations_.push_back(duration);
    }
  });
}

void WorkEngine::add_duration(Millis duration) {
  durations_.push_front(duration);
  if (durations_.size() > kDurationsMax) durations_.pop_back();
}

Millis WorkEngine::age_of(const Entry& entry) const { return context_.loop.now() - entry.began_at; }

restart::Estimate WorkEngine::estimate() const {
  std::vector<Millis> ages;
  for (const auto& [id, entry] : entries_) {
    if (lanes_.is_running(JobId{id})) ages.push_back(age_of(entry));
  }
  return restart::estimate(ages, std::vector(durations_.begin(), durations_.end()));
}

std::vector<RunningTask> WorkEngine::running_tasks() const {
  std::vector<RunningTask> tasks;
  for (const auto& [id, entry] : entries_) {
    if (!lanes_.is_running(JobId{id})) continue;
    if (auto tag = task_tag(entry.options)) tasks.push_back({*std::move(tag), entry.run_id, age_of(entry)});
  }
  std::ranges::sort(tasks, {}, [](const RunningTask& task) -> const std::string& { return task.tag.id; });
  return tasks;
}

// Told in a turn of its own: who asks for a restart at that moment must not find itself inside this class.
void WorkEngine::report_change() {
  context_.loop.post([this, alive = is_alive_] {
    if (*alive) work_changed_();
  });
}

run::Limits WorkEngine::limits_for(const json::Object& options) const {
  run::Limits limits = limits_.run;
  if (const std::int64_t timeout_ms = json::int_or(options, "timeoutMs", 0); timeout_ms > 0) {
    limits.timeout = std::min(limits.timeout, Millis{timeout_ms});
  }
  return limits;
}

}  // namespace gw::engine
