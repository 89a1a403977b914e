#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/restart_store.hpp"
#include "ports/work_store.hpp"
#include "store/tables.hpp"

/// The operations of WorkStore, each inside a transaction that the caller began and ends.
namespace gw::store {

/// What `step` records.
struct StepChange {
  std::optional<Step> finished;
  std::string outcome;  ///< `done`, or why it failed.
  std::optional<Step> next;
  std::vector<Message> messages;
  UnixMillis at;
};

Result<Admission> admit(Tables& tables, const NewJob& wanted);
Result<std::vector<Job>> take_over(Tables& tables, std::string_view owner, UnixMillis at);
Result<Begun> begin(Tables& tables, JobId id, std::string_view owner, const Step& step, UnixMillis at);
/// Fails with `Code::Conflict` when the job is not running in that attempt any more or the step was not
/// attempted, with `Code::InvalidRequest` when no step says which job is meant.
Status record_step(Tables& tables, StepChange& change);
Result<std::vector<Message>> finish(Tables& tables, Outcome& outcome);
Status finish_restart(Tables& tables, const RestartRecord& record, std::vector<SessionNote>& notes);
Result<bool> prune(Tables& tables, UnixMillis before);

Result<std::optional<Job>> find_job(Tables& tables, JobKind kind, std::string_view run_id);
Result<std::optional<Job>> find_run(Tables& tables, std::string_view run_id);
Result<History> history(Tables& tables, std::string_view session_key, std::int64_t before_seq,
                        std::size_t limit);

}  // namespace gw::store
