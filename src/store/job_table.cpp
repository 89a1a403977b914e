#include "store/job_table.hpp"

#include <algorithm>
#include <array>

#include "store/json_text.hpp"

namespace gw::store {
namespace {

// The terms `ended_at_ms IS NULL` and `ended_at_ms < ?` let SQLite use the partial indexes.

#define GW_JOB_COLUMNS(text)                                                                         \
  "job.id, job.kind, job.state, job.run_id, job.session_key, session.id, job.agent_id, " text        \
  ", job.options, job.attempt, job.accepted_at_ms, job.started_at_ms, job.ended_at_ms, job.result, " \
  "job.owner, job.prompt_seq FROM job JOIN session ON session.key = job.session_key "

constexpr const char* kInsert = R"(
  INSERT INTO job (kind, run_id, session_key, agent_id, state, text, options, accepted_at_ms)
  VALUES (?1, ?2, ?3, ?4, 'queued', ?5, ?6, ?7)
)";

constexpr const char* kFind = "SELECT " GW_JOB_COLUMNS("job.text") "WHERE job.id = ?1";
constexpr const char* kFindKey =
    "SELECT " GW_JOB_COLUMNS("job.text") "WHERE job.run_id = ?1 AND job.kind = ?2";
constexpr const char* kFindRun =
    "SELECT " GW_JOB_COLUMNS("job.text") "WHERE job.run_id = ?1 ORDER BY job.id DESC LIMIT 1";

constexpr const char* kCountQueued =
    "SELECT count(*) FROM job WHERE ended_at_ms IS NULL AND state = 'queued'";
constexpr const char* kCountQueuedIn =
    "SELECT count(*) FROM job WHERE ended_at_ms IS NULL AND state = 'queued' AND session_key = ?1";
constexpr const char* kRunningIn =
    "SELECT 1 FROM job WHERE ended_at_ms IS NULL AND state = 'running' AND session_key = ?1 LIMIT 1";
constexpr const char* kQueuedIn = "SELECT " GW_JOB_COLUMNS("job.text")
    "WHERE job.ended_at_ms IS NULL AND job.state = 'queued' AND job.session_key = ?1 ORDER BY job.id";
constexpr const char* kQueued =
    "SELECT " GW_JOB_COLUMNS("''") "WHERE job.ended_at_ms IS NULL AND job.state = 'queued' ORDER BY job.id";

#undef GW_JOB_COLUMNS

// A bound, not IS NOT NULL: SQLite then searches the partial index instead of walking through it.
constexpr const char* kDurations =
    "SELECT started_at_ms, ended_at_ms FROM job WHERE ended_at_ms > 0 ORDER BY ended_at_ms DESC LIMIT ?1";

constexpr const char* kSetRunning = R"(
  UPDATE job SET state = 'running', owner = ?2, attempt = ?3, prompt_seq = ?4, started_at_ms = ?5
   WHERE id = ?1
)";

constexpr const char* kSetOver = R"(
  UPDATE job SET state = ?2, owner = ?3, ended_at_ms = ?4, result = ?5 WHERE id = ?1
)";

constexpr const char* kRequeueOthers = R"(
  UPDATE job SET state = 'queued', owner = '', started_at_ms = NULL
   WHERE ended_at_ms IS NULL AND state = 'running' AND owner <> ?1
)";

constexpr const char* kDeleteEnded = R"(
  DELETE FROM job WHERE id IN (SELECT id FROM job WHERE ended_at_ms < ?1 ORDER BY ended_at_ms LIMIT ?2)
)";

constexpr const char* kEnded = "SELECT 1 FROM job WHERE ended_at_ms < ?1 LIMIT 1";

constexpr std::array<std::string_view, 2> kKinds{"chat", "agent"};
constexpr std::array<std::string_view, 5> kStates{"queued", "running", "done", "failed", "aborted"};

std::string_view name_of(JobKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::string_view name_of(JobState state) { return kStates[static_cast<std::size_t>(state)]; }

// The table's CHECKs allow no other word than those above.
JobKind kind_of(std::string_view name) { return name == kKinds[0] ? JobKind::Chat : JobKind::Agent; }

JobState state_of(std::string_view name) {
  std::size_t index = 0;
  while (index + 1 < kStates.size() && kStates[index] != name) ++index;
  return static_cast<JobState>(index);
}

Result<JobRow> read_job(const Rows& rows) {
  auto options = to_object(rows.text(8));
  if (!options) return std::unexpected(options.error());
  JobRow row{.job = {.id = JobId{rows.integer(0)},
                     .kind = kind_of(rows.text(1)),
                     .state = state_of(rows.text(2)),
                     .run_id = rows.text(3),
                     .session_key = rows.text(4),
                     .session_id = rows.text(5),
                     .agent_id = rows.text(6),
                     .text = rows.text(7),
                     .options = std::move(*options),
                     .attempt = static_cast<int>(rows.integer(9)),
                     .accepted_at = rows.millis(10),
                     .started_at = rows.optional_millis(11),
                     .ended_at = rows.optional_millis(12)},
             .owner = rows.text(14),
             .prompt_seq = rows.integer(15)};
  if (const auto text = rows.text(13); !text.empty()) {
    auto result = to_object(text);
    if (!result) return std::unexpected(result.error());
    row.job.result = std::move(*result);
  }
  return row;
}

Result<std::optional<JobRow>> read_one(Rows rows) {
  const auto found = rows.next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  return read_job(rows);
}

Result<std::vector<Job>> read_all(Rows rows) {
  std::vector<Job> jobs;
  for (;;) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return jobs;
    auto row = read_job(rows);
    if (!row) return std::unexpected(row.error());
    jobs.push_back(std::move(row->job));
  }
}

Result<std::int64_t> read_count(Rows rows) {
  const auto found = rows.next();
  if (!found) return std::unexpected(found.error());
  return rows.integer(0);
}

}  // namespace

JobTable::JobTable(Database& d)
    : database_(d),
      insert_(d, kInsert),
      find_(d, kFind),
      find_key_(d, kFindKey),
      find_run_(d, kFindRun),
      count_queued_(d, kCountQueued),
      count_queued_in_(d, kCountQueuedIn),
      running_in_(d, kRunningIn),
      queued_in_(d, kQueuedIn),
      queued_(d, kQueued),
      durations_(d, kDurations),
      set_running_(d, kSetRunning),
      set_over_(d, kSetOver),
      requeue_others_(d, kRequeueOthers),
      delete_ended_(d, kDeleteEnded),
      ended_(d, kEnded) {}

Status JobTable::prepare() {
  for (auto* one : {&insert_, &find_, &find_key_, &find_run_, &count_queued_, &count_queued_in_, &running_in_,
                    &queued_in_, &queued_, &durations_, &set_running_, &set_over_, &requeue_others_,
                    &delete_ended_, &ended_}) {
    if (auto ready = one->prepare(); !ready) return ready;
  }
  return {};
}

Result<JobId> JobTable::insert(const NewJob& job) {
  const auto options = to_text(job.options);
  if (!options) return std::unexpected(options.error());
  auto done = insert_.run(name_of(job.kind), job.run_id, job.session_key, job.agent_id, job.text, *options,
                          job.accepted_at);
  if (!done) return std::unexpected(done.error());
  change_queued(1);
  return JobId{database_.last_insert_id()};
}

Result<std::optional<JobRow>> JobTable::find(JobId id) { return read_one(find_.query(id.value)); }

Result<std::optional<JobRow>> JobTable::find(JobKind kind, std::string_view run_id) {
  return read_one(find_key_.query(run_id, name_of(kind)));
}

Result<std::optional<JobRow>> JobTable::find_run(std::string_view run_id) {
  return read_one(find_run_.query(run_id));
}

Result<std::int64_t> JobTable::count_queued() {
  if (!queued_count_) {
    const auto counted = read_count(count_queued_.query());
    if (!counted) return counted;
    queued_count_ = *counted;
  }
  return *queued_count_;
}

void JobTable::change_queued(std::int64_t by) {
  if (queued_count_) *queued_count_ += by;
}

Result<std::int64_t> JobTable::count_queued(std::string_view session_key) {
  return read_count(count_queued_in_.query(session_key));
}

Result<bool> JobTable::is_running_in(std::string_view session_key) {
  return running_in_.query(session_key).next();
}

Result<std::vector<Job>> JobTable::queued_in(std::string_view session_key) {
  return read_all(queued_in_.query(session_key));
}

Result<std::vector<Job>> JobTable::queued() { return read_all(queued_.query()); }

Result<std::vector<Millis>> JobTable::durations(std::size_t limit) {
  auto rows = durations_.query(limit);
  std::vector<Millis> durations;
  for (;;) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return durations;
    const auto started_at = rows.optional_millis(0);
    if (!started_at) continue;
    durations.push_back(std::max(Millis{0}, Millis{rows.integer(1) - started_at->value}));
  }
}

Status JobTable::set_running(const JobRow& row) {
  change_queued(-1);
  return set_running_.run(row.job.id.value, row.owner, row.job.attempt, row.prompt_seq, row.job.started_at);
}

Status JobTable::set_over(const JobRow& row, JobState before) {
  const auto result = to_text(row.job.result);
  if (!result) return std::unexpected(result.error());
  if (before == JobState::Queued) change_queued(-1);
  return set_over_.run(row.job.id.value, name_of(row.job.state), row.owner, row.job.ended_at, *result);
}

Status JobTable::requeue_others(std::string_view owner) {
  auto done = requeue_others_.run(owner);
  if (done) change_queued(database_.changed_rows());
  return done;
}

Result<bool> JobTable::delete_ended(UnixMillis before, std::int64_t limit) {
  if (auto done = delete_ended_.run(before, limit); !done) return std::unexpected(done.error());
  return ended_.query(before).next();
}

}  // namespace gw::store
