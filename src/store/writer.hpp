#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/callback.hpp"
#include "base/log.hpp"
#include "ports/loop.hpp"
#include "store/opening.hpp"
#include "store/operation.hpp"

namespace gw::store {

/// Counted by the database threads, read anywhere.
struct Counters {
  std::atomic<std::int64_t> writes{0};
  std::atomic<std::int64_t> groups{0};
  std::atomic<std::int64_t> groups_failed{0};
  std::atomic<std::int64_t> checkpoints{0};
  std::atomic<std::int64_t> checkpoints_failed{0};
};

/// One thing for the writing thread.
struct WriteItem {
  enum class Kind { Write, Open, Close };
  Kind kind = Kind::Write;
  std::unique_ptr<Operation> write;  ///< For `Write`.
  Completion<void> done;             ///< For the others.
};

/// The one writing connection. Constructed on the control thread, used on the writing thread,
/// destroyed when that thread has ended.
class Writer {
 public:
  Writer(std::filesystem::path file, Loop& loop, Log& log, Counters& counters);
  /// Copies the log into the database when the connection is still open: a stop leaves one file.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Neighbouring writes are committed together, with one sync. Their answers are posted after the commit.
  void handle(std::vector<WriteItem>& batch);

 private:
  /// A connection and the statements around the writes on it.
  struct Live;
  using Group = std::vector<std::unique_ptr<Operation>>;

  Status open();
  void commit(Group group);
  Status run_all(Group& group);
  Status run_one(Operation& operation);
  void note_outcome(const Status& outcome);
  void checkpoint_if_due();

  const std::filesystem::path file_;
  Loop& loop_;
  Log& log_;
  Counters& counters_;
  std::unique_ptr<Live> live_;
  Error closed_;                 ///< Why there is no open connection.
  bool commit_trouble_ = false;  // Logged when it begins and when it ends.
  bool checkpoint_trouble_ = false;
};

}  // namespace gw::store
