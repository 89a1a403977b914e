#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "core/task/machine.hpp"
#include "json/value.hpp"

namespace gw {

/// What makes a job a task. Travels in the job's options, so that whoever holds the job knows it.
struct TaskTag {
  std::string id;               ///< UUID.
  std::string runtime = "cli";  ///< `cli`, `subagent`, `cron`, `acp`.
  std::string label;            ///< What the caller calls it; may be empty.
  std::string title;            ///< The beginning of the prompt.
};

/// Nothing: the job with these options is no task.
inline std::optional<TaskTag> task_tag(const json::Object& options) {
  const std::string_view id = json::text_or(options, "taskId");
  if (id.empty()) return std::nullopt;
  return TaskTag{.id = std::string(id),
                 .runtime = std::string(json::text_or(options, "runtime", "cli")),
                 .label = std::string(json::text_or(options, "label")),
                 .title = std::string(json::text_or(options, "title"))};
}

inline void set_task_tag(json::Object& options, const TaskTag& tag) {
  options["taskId"] = tag.id;
  options["runtime"] = tag.runtime;
  if (!tag.label.empty()) options["label"] = tag.label;
  options["title"] = tag.title;
}

/// A task as it is on record.
struct TaskRecord {
  std::int64_t number = 0;  ///< Grows with creation; never used twice.
  TaskTag tag;
  JobId job;  ///< That carries it out; 0: none.
  std::string run_id;
  std::string session_key;  ///< Where it runs.
  std::string owner_key;    ///< The session that asked for it.
  std::string agent_id;
  std::string generation;  ///< That runs it or ended it; empty while queued.
  task::State state;
  std::string summary;  ///< Once over: `completed`, `aborted`, or why it failed.
};

/// A place in the order of a list: the last event, then the number, both falling.
struct TaskPosition {
  UnixMillis last_event_at;
  std::int64_t number = 0;
};

struct TaskQuery {
  std::vector<task::Status> statuses;  ///< Empty: all.
  std::string session_key;             ///< Empty: any; the same for the next two.
  std::string agent_id;
  std::string runtime;
  std::size_t limit = 1;
  std::optional<TaskPosition> after;  ///< Only what comes after this one.
};

struct TaskPage {
  std::vector<TaskRecord> tasks;     ///< Latest event first.
  std::optional<TaskPosition> next;  ///< There are more after this one.
};

/// Reads the task records. They are written by WorkStore, in the transactions of the jobs that carry the
/// tasks out. Call on the control thread; completions arrive there. Fails with `Code::Storage`.
class TaskStore {
 public:
  virtual ~TaskStore() = default;
  virtual void tasks(TaskQuery query, Completion<TaskPage> done) = 0;
  /// By its id, else by its run id, else the latest one of the session `name`.
  virtual void find_task(std::string name, Completion<std::optional<TaskRecord>> done) = 0;
};

}  // namespace gw
