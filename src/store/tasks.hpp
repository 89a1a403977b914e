#pragma once

#include <optional>
#include <string_view>

#include "ports/task_store.hpp"
#include "ports/work_store.hpp"
#include "store/tables.hpp"

/// What happens to task records when jobs change, and how they are read; each inside a transaction that the
/// caller began and ends. A job that is no task passes through without a write.
namespace gw::store {

Status create_task(Tables& tables, JobId job, const NewJob& wanted);
/// `row` as it is while it runs.
Status begin_task(Tables& tables, const JobRow& row, UnixMillis at);
/// `row` as it is once over.
Status end_task(Tables& tables, const JobRow& row, const Outcome& outcome);
/// For a generation that begins to serve: every task that another one left is settled now, by whose it is
/// and not by how old it is. One whose job is open waits for its next attempt, any other is lost.
Status settle_tasks(Tables& tables, std::string_view generation, UnixMillis at);

Result<TaskPage> list_tasks(Tables& tables, const TaskQuery& query);
Result<std::optional<TaskRecord>> find_task(Tables& tables, std::string_view name);

}  // namespace gw::store
