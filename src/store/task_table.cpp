#include "store/task_table.hpp"

#include <limits>

namespace gw::store {
namespace {

#define GW_TASK_COLUMNS                                                                              \
  "task.number, task.id, task.runtime, task.job_id, task.run_id, task.session_key, task.owner_key, " \
  "task.agent_id, task.label, task.title, task.status, task.generation, task.created_at_ms, "        \
  "task.started_at_ms, task.ended_at_ms, task.last_event_at_ms, task.summary"

// The last event of a task that is over is its end, so the indexes by last event also find ended ones.
#define GW_TASK_OVER "status IN ('succeeded', 'failed', 'timed_out', 'cancelled', 'lost')"

constexpr const char* kInsert = R"(
  INSERT INTO task (id, runtime, job_id, run_id, session_key, owner_key, agent_id, label, title, status,
                    generation, created_at_ms, last_event_at_ms)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
)";

constexpr const char* kFind = "SELECT " GW_TASK_COLUMNS " FROM task WHERE id = ?1";

constexpr const char* kUpdate = R"(
  UPDATE task SET status = ?2, generation = ?3, started_at_ms = ?4, ended_at_ms = ?5, last_event_at_ms = ?6,
                  summary = ?7
   WHERE number = ?1
)";

constexpr const char* kLeft = "SELECT " GW_TASK_COLUMNS R"(, job.id IS NOT NULL
    FROM task LEFT JOIN job ON job.id = task.job_id AND job.ended_at_ms IS NULL
   WHERE task.status IN ('queued', 'running') AND task.generation <> ?1
     AND (task.status = 'running' OR job.id IS NULL)
)";

#define GW_TASK_PAGE                                                             \
  " AND (last_event_at_ms, number) < (?3, ?4) AND (?5 IS NULL OR agent_id = ?5)" \
  " AND (?6 IS NULL OR runtime = ?6) ORDER BY last_event_at_ms DESC, number DESC LIMIT ?2"

constexpr const char* kList = "SELECT " GW_TASK_COLUMNS " FROM task WHERE status = ?1" GW_TASK_PAGE;
constexpr const char* kListSession =
    "SELECT " GW_TASK_COLUMNS " FROM task WHERE session_key = ?7 AND status = ?1" GW_TASK_PAGE;

constexpr const char* kDeleteEnded =
    "DELETE FROM task WHERE number IN (SELECT number FROM task WHERE " GW_TASK_OVER
    " AND last_event_at_ms < ?1 LIMIT ?2)";

constexpr const char* kEnded = "SELECT 1 FROM task WHERE " GW_TASK_OVER " AND last_event_at_ms < ?1 LIMIT 1";

#undef GW_TASK_PAGE
#undef GW_TASK_OVER
#undef GW_TASK_COLUMNS

constexpr int kColumns = 17;

// The table's CHECK allows no other word than the machine's.
task::Status status_in(const std::string& name) { return task::status_of(name).value_or(task::Status::Lost); }

TaskRecord read_task(const Rows& rows) {
  return TaskRecord{
      .number = rows.integer(0),
      .tag = {.id = rows.text(1), .runtime = rows.text(2), .label = rows.text(8), .title = rows.text(9)},
      .job = JobId{rows.integer(3)},
      .run_id = rows.text(4),
      .session_key = rows.text(5),
      .owner_key = rows.text(6),
      .agent_id = rows.text(7),
      .generation = rows.text(11),
      .state = {.status = status_in(rows.text(10)),
                .created_at = rows.millis(12),
                .started_at = rows.optional_millis(13),
                .ended_at = rows.optional_millis(14),
                .last_event_at = rows.millis(15)},
      .summary = rows.text(16)};
}

std::optional<std::string> wanted(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

TaskTable::TaskTable(Database& d)
    : insert_(d, kInsert),
      find_(d, kFind),
      update_(d, kUpdate),
      left_(d, kLeft),
      list_(d, kList),
      list_session_(d, kListSession),
      delete_ended_(d, kDeleteEnded),
      ended_(d, kEnded) {}

Status TaskTable::prepare() {
  for (auto* one : {&insert_, &find_, &update_, &left_, &list_, &list_session_, &delete_ended_, &ended_}) {
    if (auto ready = one->prepare(); !ready) return ready;
  }
  return {};
}

Status TaskTable::insert(const TaskRecord& task) {
  const auto job = task.job.value > 0 ? std::optional(task.job.value) : std::nullopt;
  return insert_.run(task.tag.id, task.tag.runtime, job, task.run_id, task.session_key, task.owner_key,
                     task.agent_id, task.tag.label, task.tag.title, task::name_of(task.state.status),
                     task.generation, task.state.created_at, task.state.last_event_at);
}

Result<std::optional<TaskRecord>> TaskTable::find(std::string_view id) {
  auto rows = find_.query(id);
  const auto found = rows.next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  return read_task(rows);
}

Status TaskTable::update(const TaskRecord& task) {
  return update_.run(task.number, task::name_of(task.state.status), task.generation, task.state.started_at,
                     task.state.ended_at, task.state.last_event_at, task.summary);
}

Result<std::vector<LeftTask>> TaskTable::left_behind(std::string_view generation) {
  auto rows = left_.query(generation);
  std::vector<LeftTask> left;
  for (;;) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return left;
    left.push_back({.task = read_task(rows), .has_open_job = rows.integer(kColumns) != 0});
  }
}

Result<std::vector<TaskRecord>> TaskTable::list(task::Status status, const TaskQuery& query) {
  constexpr auto kEnd = std::numeric_limits<std::int64_t>::max();
  const TaskPosition after = query.after.value_or(TaskPosition{UnixMillis{kEnd}, kEnd});
  const auto name = task::name_of(status);
  const auto agent = wanted(query.agent_id);
  const auto runtime = wanted(query.runtime);
  auto rows = query.session_key.empty()
                  ? list_.query(name, query.limit, after.last_event_at, after.number, agent, runtime)
                  : list_session_.query(name, query.limit, after.last_event_at, after.number, agent, runtime,
                                        query.session_key);
  std::vector<TaskRecord> tasks;
  for (;;) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return tasks;
    tasks.push_back(read_task(rows));
  }
}

Result<bool> TaskTable::delete_ended(UnixMillis before, std::int64_t limit) {
  if (auto done = delete_ended_.run(before, limit); !done) return std::unexpected(done.error());
  return ended_.query(before).next();
}

}  // namespace gw::store
