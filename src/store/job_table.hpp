#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/work_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// A job with what only the store needs.
struct JobRow {
  Job job;
  std::string owner;            ///< The generation that runs it or ended it; empty while queued.
  std::int64_t prompt_seq = 0;  ///< Of the user's message in the transcript; 0 before the first attempt.
};

class JobTable {
 public:
  explicit JobTable(Database& database);

  Status prepare();
  /// Queues it. Fails with `Code::InvalidRequest` when the options could not be read back.
  Result<JobId> insert(const NewJob& job);
  Result<std::optional<JobRow>> find(JobId id);
  Result<std::optional<JobRow>> find(JobKind kind, std::string_view run_id);
  /// Of either kind; the newer one when there are two.
  Result<std::optional<JobRow>> find_run(std::string_view run_id);

  /// Of all sessions. Counted by SQLite once, then kept up to date here: a deep queue must not slow down its
  /// growth.
  Result<std::int64_t> count_queued();
  Result<std::int64_t> count_queued(std::string_view session_key);
  Result<bool> is_running_in(std::string_view session_key);
  /// Oldest first.
  Result<std::vector<Job>> queued_in(std::string_view session_key);
  /// Of all sessions, oldest first, without their texts.
  Result<std::vector<Job>> queued();

  /// How long those of the newest `limit` took that are over and had begun, the latest first.
  Result<std::vector<Millis>> durations(std::size_t limit);

  /// The job was queued.
  Status set_running(const JobRow& row);
  Status set_over(const JobRow& row, JobState before);
  /// Makes the running jobs of everyone but `owner` queued again.
  Status requeue_others(std::string_view owner);

  /// Deletes at most `limit` jobs that ended before `before`, with their steps. True when there are more.
  Result<bool> delete_ended(UnixMillis before, std::int64_t limit);

  /// What `count_queued` knows. Whoever undoes writes in the database puts back the value from before them.
  std::optional<std::int64_t> known_queued() const { return queued_count_; }
  void restore_queued(std::optional<std::int64_t> count) { queued_count_ = count; }

 private:
  void change_queued(std::int64_t by);

  Database& database_;
  std::optional<std::int64_t> queued_count_;
  Statement insert_, find_, find_key_, find_run_;
  Statement count_queued_, count_queued_in_, running_in_, queued_in_, queued_, durations_;
  Statement set_running_, set_over_, requeue_others_;
  Statement delete_ended_, ended_;
};

}  // namespace gw::store
