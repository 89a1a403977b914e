#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "ports/loop.hpp"
#include "ports/work_store.hpp"

namespace gw::test {

/// The operations that can be told to fail; `Read` is each of the read-only ones.
enum class StoreCall { Admit, TakeOver, Begin, Step, Finish, Prune, Read, Durations };

/// What of a MemoryWorkStore survives a crash: everything committed, told or not.
struct MemoryDisk {
  struct StoredJob {
    Job job;
    std::string owner;
    std::int64_t prompt_seq = 0;  // Of the user's message; 0: never begun.
    int times_ended = 0;
  };
  struct StoredStep {
    Step step;
    std::string state;  // `attempted`, `done`, `failed` or `interrupted`.
  };
  struct StoredSession {
    Session session;
    std::vector<Message> messages;
  };

  StoredJob* find(JobId id);
  StoredJob* find(JobKind kind, const std::string& run_id);
  /// Rows of one run in its session, oldest first.
  std::vector<Message> rows_of(const std::string& run_id) const;

  std::int64_t calls_used = 0;  // By all runs that ended,
  ModelUsage used;              // and what they used.
  std::map<std::int64_t, StoredJob> jobs;
  std::map<std::string, StoredSession> sessions;
  std::vector<StoredStep> steps;
};

/// Stands in for SqliteStore: the promises of ports/work_store.hpp without a file or a thread.
///
/// Each operation takes two turns of the loop: the first commits it (or refuses it), the second tells. A
/// store destroyed in between is a crash: what was not committed is lost, what was committed and not told is
/// kept.
class MemoryWorkStore final : public WorkStore {
 public:
  MemoryWorkStore(Loop& loop, std::shared_ptr<MemoryDisk> disk) : loop_(loop), disk_(std::move(disk)) {}
  ~MemoryWorkStore() override { *is_alive_ = false; }

  /// The next `times` operations of that sort change nothing and fail.
  void fail_next(StoreCall call, int times = 1, Code code = Code::Storage) { failing_[call] = {times, code}; }
  void heal() { failing_.clear(); }
  /// While held, operations wait in order and nothing is committed.
  void hold(bool on);

  void admit(NewJob job, Completion<Admission> done) override;
  void take_over(std::string owner, Completion<std::vector<Job>> done) override;
  void begin(JobId job, std::string owner, Step step, UnixMillis at, Completion<Begun> done) override;
  void step(std::optional<Step> finished, std::string outcome, std::optional<Step> next,
            std::vector<Message> messages, Completion<void> done) override;
  void finish(Outcome outcome, Completion<std::vector<Message>> done) override;
  void find_job(JobKind kind, std::string run_id, Completion<std::optional<Job>> done) override;
  void find_run(std::string run_id, Completion<std::optional<Job>> done) override;
  void history(std::string session_key, std::int64_t before_seq, std::size_t limit,
               Completion<History> done) override;
  void sessions(std::size_t limit, std::size_t offset, std::string search,
                Completion<SessionPage> done) override;
  void durations(std::size_t limit, Completion<std::vector<Millis>> done) override;
  void prune(UnixMillis before, Completion<bool> done) override;

 private:
  struct Failures {
    int left = 0;
    Code code = Code::Storage;
  };

  template <typename T, typename Work>
  void run(StoreCall call, Work work, Completion<T> done);
  std::optional<Error> failure_of(StoreCall call);
  Result<Admission> do_admit(const NewJob& wanted);
  Result<Begun> do_begin(JobId id, const std::string& owner, Step step, UnixMillis at);
  Result<void> do_step(const std::optional<Step>& finished, const std::string& outcome,
                       const std::optional<Step>& next, const std::vector<Message>& messages);
  Result<std::vector<Message>> do_finish(Outcome& outcome);
  void append(const Job& job, Message& message);
  void end_steps(JobId job, const std::string& state);

  Loop& loop_;
  std::shared_ptr<MemoryDisk> disk_;
  std::map<StoreCall, Failures> failing_;
  std::deque<Callback<>> held_;
  bool is_held_ = false;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace gw::test
