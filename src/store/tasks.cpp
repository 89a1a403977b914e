#include "store/tasks.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace gw::store {
namespace {

// Of a summary: enough for an error message, so that a list stays small.
constexpr std::size_t kSummaryUnitsMax = 2'000;

// OpenClaw's own words; scripts look for them.
constexpr std::string_view kLostSummary = "backing session missing";

constexpr std::array kAllStatuses{task::Status::Queued, task::Status::Running,  task::Status::Succeeded,
                                  task::Status::Failed, task::Status::TimedOut, task::Status::Cancelled,
                                  task::Status::Lost};

task::Event event_of(JobState state, bool is_timed_out) {
  if (state == JobState::Done) return task::Event::Succeeded;
  if (state == JobState::Failed) return task::Event::Failed;
  return is_timed_out ? task::Event::TimedOut : task::Event::Cancelled;
}

/// Writes the record only when the event changes it.
Status apply(Tables& tables, TaskRecord& task, task::Event event, UnixMillis at) {
  const auto next = task::after(task.state, event, at);
  if (!next) return {};
  task.state = *next;
  return tables.tasks.update(task);
}

Result<std::optional<TaskRecord>> task_of(Tables& tables, const Job& job) {
  const auto tag = task_tag(job.options);
  if (!tag) return std::nullopt;
  return tables.tasks.find(tag->id);
}

}  // namespace

Status create_task(Tables& tables, JobId job, const NewJob& wanted) {
  auto tag = task_tag(wanted.options);
  if (!tag) return {};
  return tables.tasks.insert({.tag = *std::move(tag),
                              .job = job,
                              .run_id = wanted.run_id,
                              .session_key = wanted.session_key,
                              .owner_key = wanted.session_key,
                              .agent_id = wanted.agent_id,
                              .generation = {},
                              .state = task::created(wanted.accepted_at),
                              .summary = {}});
}

Status begin_task(Tables& tables, const JobRow& row, UnixMillis at) {
  auto task = task_of(tables, row.job);
  if (!task) return std::unexpected(task.error());
  if (!*task) return {};
  (*task)->generation = row.owner;
  return apply(tables, **task, task::Event::Begun, at);
}

Status end_task(Tables& tables, const JobRow& row, const Outcome& outcome) {
  auto task = task_of(tables, row.job);
  if (!task) return std::unexpected(task.error());
  if (!*task) return {};
  (*task)->generation = row.owner;
  (*task)->summary = cut_utf16(json::text_or(row.job.result, "summary"), kSummaryUnitsMax);
  return apply(tables, **task, event_of(outcome.state, outcome.is_timed_out), outcome.ended_at);
}

Status settle_tasks(Tables& tables, std::string_view generation, UnixMillis at) {
  auto left = tables.tasks.left_behind(generation);
  if (!left) return std::unexpected(left.error());
  for (auto& [task, has_open_job] : *left) {
    if (has_open_job) {
      task.generation.clear();
    } else {
      task.generation = generation;
      task.summary = kLostSummary;
    }
    const auto event = has_open_job ? task::Event::Interrupted : task::Event::Lost;
    if (auto done = apply(tables, task, event, at); !done) return done;
  }
  return {};
}

// Each status has its own stretch of the index; the newest of all stretches are the page.
Result<TaskPage> list_tasks(Tables& tables, const TaskQuery& query) {
  TaskPage page;
  TaskQuery one_more = query;
  one_more.limit = query.limit + 1;
  for (const task::Status status : kAllStatuses) {
    const bool is_wanted =
        query.statuses.empty() || std::ranges::find(query.statuses, status) != query.statuses.end();
    if (!is_wanted) continue;
    auto part = tables.tasks.list(status, one_more);
    if (!part) return std::unexpected(part.error());
    std::ranges::move(*part, std::back_inserter(page.tasks));
  }
  std::ranges::sort(page.tasks, std::greater{},
                    [](const TaskRecord& t) { return std::pair(t.state.last_event_at, t.number); });
  if (page.tasks.size() > query.limit) {
    page.tasks.resize(query.limit);
    page.next = TaskPosition{page.tasks.back().state.last_event_at, page.tasks.back().number};
  }
  return page;
}

Result<std::optional<TaskRecord>> find_task(Tables& tables, std::string_view name) {
  auto by_id = tables.tasks.find(name);
  if (!by_id || *by_id) return by_id;
  const auto job = tables.jobs.find(JobKind::Agent, name);
  if (!job) return std::unexpected(job.error());
  if (*job) {
    if (auto by_run = task_of(tables, (*job)->job); !by_run || *by_run) return by_run;
  }
  auto in_session = list_tasks(tables, {.statuses = {}, .session_key = std::string(name), .limit = 1});
  if (!in_session) return std::unexpected(in_session.error());
  if (in_session->tasks.empty()) return std::nullopt;
  return std::move(in_session->tasks.front());
}

}  // namespace gw::store
