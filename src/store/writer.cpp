#include "store/writer.hpp"

namespace gw::store {
namespace {

// Pages of 4 KiB in the write-ahead log from which it is copied into the database, as SQLite does by default:
// rare enough to cost little, often enough that a start after a crash reads at most a few megabytes.
constexpr int kCheckpointPages = 1'000;
// From here the writer waits for readers, so that the log starts over instead of growing on.
constexpr int kWalPagesMax = 16'000;

}  // namespace

struct Writer::Live {
  explicit Live(std::unique_ptr<Connection> c) : connection(std::move(c)) {}

  Database& database() { return *connection->database; }

  std::unique_ptr<Connection> connection;
  Statement begin{*connection->database, "BEGIN IMMEDIATE"};
  Statement commit{*connection->database, "COMMIT"};
  Statement rollback{*connection->database, "ROLLBACK"};
  Statement mark{*connection->database, "SAVEPOINT operation"};
  Statement undo{*connection->database, "ROLLBACK TO operation"};
  Statement release{*connection->database, "RELEASE operation"};
};

Writer::Writer(std::filesystem::path file, Loop& loop, Log& log, Counters& counters)
    : file_(std::move(file)),
      loop_(loop),
      log_(log),
      counters_(counters),
      closed_{Code::Unavailable, "the database is not open for writing"} {}

Writer::~Writer() {
  if (live_) live_->database().checkpoint_on_close();
}

void Writer::handle(std::vector<WriteItem>& batch) {
  Group group;
  for (auto& item : batch) {
    if (item.kind == WriteItem::Kind::Write) {
      group.push_back(std::move(item.write));
      continue;
    }
    commit(std::exchange(group, {}));
    Status outcome;
    if (item.kind == WriteItem::Kind::Open) {
      outcome = open();
    } else {
      live_.reset();
    }
    loop_.post(
        [done = std::move(item.done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
  }
  commit(std::move(group));
  checkpoint_if_due();
}

Status Writer::open() {
  if (live_) return {};
  auto connection = open_for_writing(file_);
  if (!connection) {
    closed_ = connection.error();
    return std::unexpected(connection.error());
  }
  live_ = std::make_unique<Live>(std::move(*connection));
  return {};
}

void Writer::commit(Group group) {
  if (group.empty()) return;
  if (!live_) {
    for (auto& operation : group) operation->fail(closed_);
  } else {
    const auto outcome = run_all(group);
    // Even a refusal may rest on what was undone now, so nobody keeps an answer of this group.
    if (!outcome) {
      for (auto& operation : group) operation->fail(outcome.error());
    }
    note_outcome(outcome);
    counters_.writes += static_cast<std::int64_t>(group.size());
  }
  post_answers(loop_, std::move(group));
}

Status Writer::run_all(Group& group) {
  Live& live = *live_;
  auto& jobs = live.connection->tables.jobs;
  const auto queued = jobs.known_queued();
  auto done = live.begin.run();
  for (std::size_t i = 0; done && i < group.size(); ++i) done = run_one(*group[i]);
  if (done) done = live.commit.run();
  // The first error is the one to report; SQLite may have rolled back by itself.
  if (!done) {
    if (live.database().in_transaction()) (void)live.rollback.run();
    jobs.restore_queued(queued);
    done.error().code = Code::Storage;
  }
  return done;
}

/// Fails only when the whole group has to.
Status Writer::run_one(Operation& operation) {
  Live& live = *live_;
  Tables& tables = live.connection->tables;
  if (auto marked = live.mark.run(); !marked) return marked;
  const auto queued = tables.jobs.known_queued();
  const auto done = operation.run(tables);
  if (!done) {
    if (!live.database().in_transaction()) return done;
    if (auto undone = live.undo.run(); !undone) return undone;
    tables.jobs.restore_queued(queued);
  }
  return live.release.run();
}

void Writer::note_outcome(const Status& outcome) {
  ++counters_.groups;
  if (!outcome) ++counters_.groups_failed;
  const bool is_change = outcome.has_value() == commit_trouble_;
  commit_trouble_ = !outcome;
  if (!is_change) return;
  if (outcome) {
    log_.info("store", "writes are committed again");
  } else {
    log_.error("store", "cannot commit; work is refused until this ends",
               {{"error", outcome.error().message}});
  }
}

void Writer::checkpoint_if_due() {
  if (!live_) return;
  Database& database = live_->database();
  if (database.wal_pages() < kCheckpointPages) return;
  const auto done = database.checkpoint(database.wal_pages() >= kWalPagesMax);
  ++(done ? counters_.checkpoints : counters_.checkpoints_failed);
  // Nothing is lost meanwhile: the log keeps what was committed and the next commit tries again.
  if (!done && !checkpoint_trouble_) {
    log_.warn("store", "cannot copy the log into the database", {{"error", done.error().message}});
  }
  checkpoint_trouble_ = !done;
}

}  // namespace gw::store
