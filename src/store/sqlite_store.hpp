#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "base/log.hpp"
#include "ports/boot_store.hpp"
#include "ports/device_store.hpp"
#include "ports/loop.hpp"
#include "ports/restart_store.hpp"
#include "ports/task_store.hpp"
#include "ports/usage_store.hpp"
#include "ports/work_store.hpp"

namespace gw {

/// What the store has done since it was made.
struct StoreStats {
  std::int64_t writes = 0;  ///< Operations, failed ones too.
  std::int64_t groups = 0;  ///< Transactions, each with one sync.
  std::int64_t groups_failed = 0;
  std::int64_t refused = 0;  ///< Reads and writes that found their queue full.
  std::int64_t checkpoints = 0;
  std::int64_t checkpoints_failed = 0;
};

/// Everything that lives longer than a generation, in one SQLite file (docs/database.md).
///
/// One thread writes, in groups with one sync each; another reads, so reads never wait for the disk's sync.
/// Both begin when they are first needed. Call on the control thread; completions arrive there, never from
/// inside the call. A read sees every write whose completion was called before. Reads work without
/// `open_writer`; without a file they find nothing.
class SqliteStore final : public WorkStore,
                          public TaskStore,
                          public UsageStore,
                          public RestartStore,
                          public DeviceStore,
                          public BootStore {
 public:
  /// Starts no thread and touches no file. `loop` and `log` must outlive the store.
  SqliteStore(std::filesystem::path file, Loop& loop, Log& log);
  /// Finishes what was queued and joins the threads; completions are still posted to the loop.
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  /// For a successor that must not write while the old generation does: would `open_writer` work? An absent
  /// or empty file in a writable directory is fine. Fails with `Code::Storage` and says what to do. Blocks
  /// shortly.
  Status check();

  /// Creates the file (mode 0600) or migrates it and takes writes from now on. Fails with `Code::Storage`;
  /// writes then fail with the same error, and it may be called again.
  void open_writer(Completion<void> done);

  /// Commits everything queued and closes the writing connection, without a checkpoint: a hand-over must be
  /// quick. Later writes fail with `Code::Unavailable`. `open_writer` may be called again afterwards.
  void close_writer(Completion<void> done);

  StoreStats stats() const;

  void admit(NewJob job, Completion<Admission> done) override;
  void take_over(std::string owner, Completion<std::vector<Job>> done) override;
  void begin(JobId job, std::string owner, Step step, UnixMillis at, Completion<Begun> done) override;
  /// `outcome` is `done`; anything else is kept as the reason of a failure. `Code::Conflict` when the job
  /// does not run in the step's attempt any more. The time is the loop's.
  void step(std::optional<Step> finished, std::string outcome, std::optional<Step> next,
            std::vector<Message> messages, Completion<void> done) override;
  /// Also ends the job's open step. `Code::InvalidRequest` when a message or the result could not be read
  /// back (not UTF-8, deeper than limits::kJsonDepthMax); the job is then as before.
  void finish(Outcome outcome, Completion<std::vector<Message>> done) override;
  void find_job(JobKind kind, std::string run_id, Completion<std::optional<Job>> done) override;
  void find_run(std::string run_id, Completion<std::optional<Job>> done) override;
  /// Fewer than `limit` messages when they are longer than 32 MiB together, but at least one.
  void history(std::string session_key, std::int64_t before_seq, std::size_t limit,
               Completion<History> done) override;
  void sessions(std::size_t limit, std::size_t offset, std::string search,
                Completion<SessionPage> done) override;
  void durations(std::size_t limit, Completion<std::vector<Millis>> done) override;
  void prune(UnixMillis before, Completion<bool> done) override;

  void tasks(TaskQuery query, Completion<TaskPage> done) override;
  void find_task(std::string name, Completion<std::optional<TaskRecord>> done) override;

  void usage(std::int64_t first_day, std::int64_t last_day, std::string agent_id,
             Completion<std::vector<UsageDay>> done) override;

  void save(RestartRecord record, Completion<void> done) override;
  void finish(RestartRecord record, std::vector<SessionNote> notes, Completion<void> done) override;
  void recent(std::size_t limit, std::string before, Completion<std::vector<RestartRecord>> done) override;

  void begin_boot(Boot boot, Completion<std::vector<UnixMillis>> done) override;
  /// The time is the loop's.
  void end_boot(std::string id, std::string outcome, Completion<void> done) override;

  void load_devices(Completion<std::vector<Device>> done) override;
  void save_device(Device device, Completion<void> done) override;

 private:
  struct Parts;

  template <typename T, typename Work>
  void read(Work work, Completion<T> done);
  template <typename T, typename Work>
  void write(std::size_t queued_max, Work work, Completion<T> done);

  std::unique_ptr<Parts> parts_;
};

}  // namespace gw
