#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ports/task_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// An active task that another generation left behind.
struct LeftTask {
  TaskRecord task;
  bool has_open_job = false;  ///< Something in this database goes on with it.
};

class TaskTable {
 public:
  explicit TaskTable(Database& database);

  Status prepare();
  Status insert(const TaskRecord& task);
  Result<std::optional<TaskRecord>> find(std::string_view id);
  /// Writes state, generation and summary.
  Status update(const TaskRecord& task);
  /// Of everyone but `generation`: those that run, and those that nothing goes on with.
  Result<std::vector<LeftTask>> left_behind(std::string_view generation);
  /// Tasks in one status, latest event first, at most `query.limit`; the statuses of `query` do not matter.
  Result<std::vector<TaskRecord>> list(task::Status status, const TaskQuery& query);

  /// Deletes at most `limit` tasks that ended before `before`. True when there are more.
  Result<bool> delete_ended(UnixMillis before, std::int64_t limit);

 private:
  Statement insert_, find_, update_, left_, list_, list_session_, delete_ended_, ended_;
};

}  // namespace gw::store
