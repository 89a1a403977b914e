#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "store/opening.hpp"
#include "unit/store/fixture.hpp"

namespace gw::test {
namespace {

using SqliteStoreTest = StoreTest;

TEST_F(SqliteStoreTest, TheDestructorFinishesWhatWasQueued) {
  int admitted = 0;
  for (int i = 0; i < 500; ++i) {
    db->store.admit(new_job("r" + std::to_string(i)),
                    [&](const Result<Admission>& a) { admitted += a ? 1 : 0; });
  }
  db.reset();
  loop.run_posted();
  EXPECT_EQ(admitted, 500);
  reopen();
  EXPECT_EQ(db->take_over("g2")->size(), 500U);
}

TEST_F(SqliteStoreTest, AStopLeavesOneFile) {
  (void)admitted(new_job("r1"));
  ASSERT_TRUE(db->find_run("r1"));
  db.reset();
  EXPECT_FALSE(std::filesystem::exists(file.string() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(file.string() + "-shm"));
}

TEST_F(SqliteStoreTest, CompletionsComeInTheOrderOfTheCalls) {
  std::vector<int> order;
  for (int i = 0; i < 600; ++i) {
    db->store.admit(new_job("r" + std::to_string(i)), [&order, i](const auto&) { order.push_back(i); });
  }
  EXPECT_TRUE(order.empty()) << "never from inside the call";
  ASSERT_TRUE(loop.run_until([&] { return order.size() == 600; }));
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(SqliteStoreTest, ClosingCommitsWhatWasQueuedAndRefusesTheRest) {
  std::string seen;
  db->store.admit(new_job("r1"), [&](const auto& result) { seen += result ? 'a' : '?'; });
  db->store.close_writer([&](const auto& result) { seen += result ? 'c' : '?'; });
  std::string refusal;
  db->store.admit(new_job("r2"), [&](const auto& result) {
    seen += result ? '?' : 'r';
    if (!result) refusal = result.error().message;
  });
  ASSERT_TRUE(loop.run_until([&] { return seen.size() == 3; }));
  EXPECT_LT(seen.find('a'), seen.find('c'));
  EXPECT_NE(seen.find('r'), std::string::npos);
  EXPECT_NE(refusal.find("handing over"), std::string::npos) << refusal;
  EXPECT_TRUE(*db->find_run("r1")) << "reads go on";
  EXPECT_GT(std::filesystem::file_size(file.string() + "-wal"), 0U) << "closed without a checkpoint";
  EXPECT_TRUE(db->close()) << "closed already";
  ASSERT_TRUE(db->open());
  (void)admitted(new_job("r2"));
}

TEST_F(SqliteStoreTest, TwoGenerationsHandTheFileOverAndBack) {
  Store successor(file, loop);
  const auto first = admitted(new_job("r1"));
  ASSERT_TRUE(db->begin(first.id, "g1"));
  const auto wal = std::filesystem::file_size(file.string() + "-wal");
  EXPECT_TRUE(successor.store.check());
  EXPECT_TRUE(*successor.find_run("r1")) << "a successor can look before it writes";
  EXPECT_EQ(std::filesystem::file_size(file.string() + "-wal"), wal) << "looking writes nothing";

  ASSERT_TRUE(db->close());
  ASSERT_TRUE(successor.open());
  EXPECT_EQ(successor.take_over("g2")->size(), 1U);
  ASSERT_TRUE(successor.begin(first.id, "g2"));
  EXPECT_EQ((*db->find_run("r1"))->attempt, 2) << "the old one sees what the new one wrote";

  ASSERT_TRUE(successor.close());
  ASSERT_TRUE(db->open());
  EXPECT_EQ(db->take_over("g1")->size(), 1U);
  (void)admitted(new_job("r2"));
  EXPECT_TRUE(*successor.find_run("r2"));
}

TEST_F(SqliteStoreTest, NewWorkIsRefusedFirstWhenTheDiskIsSlow) {
  const auto running = admitted(new_job("r"));
  ASSERT_TRUE(db->begin(running.id));
  auto blocker = store::Database::open(file, store::Database::Mode::Write);
  ASSERT_TRUE(blocker && (*blocker)->run("BEGIN IMMEDIATE"));

  constexpr std::int64_t kSent = 6'000;
  std::int64_t answered = 0;
  std::int64_t refused = 0;
  for (std::int64_t i = 0; i < kSent; ++i) {
    auto job = new_job("r" + std::to_string(i), "agent:main:" + std::to_string(i % 30));
    db->store.admit(std::move(job), [&](const Result<Admission>& result) {
      ++answered;
      if (!result) refused += result.error().code == Code::Unavailable ? 1 : 100'000;
    });
  }
  bool finished = false;
  db->store.finish(outcome_of(running.id), [&](const auto& result) { finished = result.has_value(); });
  const auto groups = db->store.stats().groups;
  ASSERT_TRUE((*blocker)->run("COMMIT"));
  ASSERT_TRUE(loop.run_until([&] { return answered == kSent && finished; }));

  EXPECT_GE(refused, kSent - 4'096 - 256) << "what waits is bounded";
  EXPECT_LE(refused, kSent - 4'096);
  EXPECT_EQ(db->store.stats().refused, refused);
  EXPECT_LE(db->store.stats().groups - groups, (kSent - refused) / 200 + 3) << "committed in groups";
  EXPECT_EQ(static_cast<std::int64_t>(db->take_over("g2")->size()), kSent - refused);
}

TEST_F(SqliteStoreTest, AGroupThatCannotBeginFailsAsAWholeAndIsReportedOnce) {
  auto blocker = store::Database::open(file, store::Database::Mode::Write);
  ASSERT_TRUE(blocker && (*blocker)->run("BEGIN IMMEDIATE"));
  std::vector<Error> errors;
  for (int i = 0; i < 2; ++i) {
    db->store.admit(new_job("r" + std::to_string(i)), [&](const Result<Admission>& result) {
      if (!result) errors.push_back(result.error());
    });
  }
  ASSERT_TRUE(loop.run_until([&] { return errors.size() == 2; }));
  EXPECT_EQ(errors[1].code, Code::Storage);
  EXPECT_EQ(errors[1].message, "cannot write " + file.string() + ": another process holds the database");
  EXPECT_EQ(db->log.count("cannot commit; work is refused until this ends"), 1U);

  ASSERT_TRUE((*blocker)->run("ROLLBACK"));
  (void)admitted(new_job("r0"));
  EXPECT_EQ(db->log.count("writes are committed again"), 1U);
  EXPECT_GE(db->store.stats().groups_failed, 1);
}

TEST_F(SqliteStoreTest, AFullDatabaseSaysThatTheDiskIsFull) {
  db.reset();
  auto connection = store::open_for_writing(file);
  ASSERT_TRUE(connection);
  ASSERT_TRUE((*connection)->database->run("PRAGMA max_page_count = 40"));
  Status last;
  for (int i = 0; i < 10'000 && last; ++i)
    last = (*connection)->tables.restarts.save({.id = std::to_string(i), .reason = std::string(3'000, 'x')});
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Code::Storage);
  EXPECT_EQ(last.error().message, "cannot write " + file.string() + ": the disk is full");
}

void limit_file_size(rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(20);
}

void require(bool is_met, int exit_code) {
  if (!is_met) ::_exit(exit_code);
}

/// No file may grow past `bytes` for a while. Runs in a process of its own and ends it.
[[noreturn]] void write_without_space(const std::filesystem::path& file) {
  std::signal(SIGXFSZ, SIG_IGN);
  TestLoop loop;
  Store db(file, loop);
  require(db.open().has_value(), 1);
  const auto running = db.admit(new_job("r0"));
  require(running && db.begin(running->job.id), 2);
  limit_file_size(std::filesystem::file_size(file.string() + "-wal"));

  // While another connection holds the lock, everything gathers in two groups at most, so the outcome that
  // would be refused for its owner shares its group with work that needs space.
  auto blocker = store::Database::open(file, store::Database::Mode::Write);
  require(blocker && (*blocker)->run("BEGIN IMMEDIATE"), 2);
  int failed = 0;
  const auto note = [&](const auto& result) {
    if (!result && result.error().code == Code::Storage && result.error().message.contains(file.string()))
      ++failed;
  };
  db.store.admit(new_job("r1"), note);
  db.store.finish(outcome_of(running->job.id, JobState::Done, "not the owner"), note);
  db.store.admit(new_job("r2"), note);
  db.store.admit(new_job("r3"), note);
  require((*blocker)->run("ROLLBACK").has_value(), 2);
  require(loop.run_until([&] { return failed == 4; }), 3);
  require(db.log.count("cannot commit; work is refused until this ends") == 1, 4);
  require(*db.find_run("r0") && !*db.find_run("r1"), 5);  // Reads go on and see nothing of it.

  limit_file_size(RLIM_INFINITY);
  const auto again = db.admit(new_job("r1"));
  require(again && again->is_new, 6);
  require(db.finish(outcome_of(running->job.id)).has_value(), 7);
  require(db.log.count("writes are committed again") == 1, 8);
  require(db.take_over("g2")->size() == 1, 9);
  ::_exit(0);
}

TEST(SqliteStoreDiskTest, WorkIsRefusedWithoutSpaceAndTakenAgainLater) {
  const TemporaryDirectory directory;
  EXPECT_EXIT(write_without_space(directory.path() / "state.db"), ::testing::ExitedWithCode(0), "");
}

/// Commits so much that a checkpoint is due.
void write_megabytes(Store& db, const std::string& name, int exit_code) {
  auto job = new_job(name, "agent:main:" + name);
  job.text.assign(5'000'000, 'x');
  require(db.admit(job).has_value(), exit_code);
}

/// The log has room, the database has not. Ends the process.
[[noreturn]] void checkpoint_without_space(const std::filesystem::path& file) {
  std::signal(SIGXFSZ, SIG_IGN);
  TestLoop loop;
  {
    Store db(file, loop);
    require(db.open().has_value(), 1);
    write_megabytes(db, "a", 2);
    write_megabytes(db, "b", 2);
    write_megabytes(db, "c", 2);
  }
  Store db(file, loop);
  require(db.open().has_value(), 3);
  limit_file_size(std::filesystem::file_size(file));
  write_megabytes(db, "d", 4);
  require(db.admit(new_job("e")) && db.admit(new_job("f")), 5);  // The checkpoint is tried after each.
  require(db.close() && db.open(), 6);
  require(db.store.stats().checkpoints_failed >= 3, 7);
  require(db.log.count("cannot copy the log into the database") == 1, 8);

  limit_file_size(RLIM_INFINITY);
  require(db.admit(new_job("g")).has_value(), 9);
  require(db.close() && db.open(), 10);
  require(db.store.stats().checkpoints == 1, 11);
  for (const char* run : {"a", "d", "e", "f", "g"}) require(db.find_run(run)->has_value(), 12);
  ::_exit(0);
}

TEST(SqliteStoreDiskTest, ACheckpointWithoutSpaceLosesNothingAndIsReportedOnce) {
  const TemporaryDirectory directory;
  EXPECT_EXIT(checkpoint_without_space(directory.path() / "state.db"), ::testing::ExitedWithCode(0), "");
}

TEST_F(SqliteStoreTest, TheLogIsCopiedIntoTheDatabaseAndDoesNotGrowForEver) {
  std::size_t largest = 0;
  for (int i = 0; i < 20; ++i) {
    auto job = new_job("r" + std::to_string(i));
    job.text.assign(2'000'000, 'x');
    (void)admitted(job);
    largest = std::max(largest, std::filesystem::file_size(file.string() + "-wal"));
  }
  EXPECT_LT(largest, 12'000'000U);
  EXPECT_GE(db->store.stats().checkpoints, 5);
}

TEST_F(SqliteStoreTest, AReaderInTheWayCannotKeepTheLogGrowing) {
  auto reader = store::open_for_reading(file);
  ASSERT_TRUE(reader && *reader);
  ASSERT_TRUE((*reader)->database->run("BEGIN"));
  ASSERT_TRUE((*reader)->database->integer("SELECT count(*) FROM job"));  // Holds a snapshot from now on.
  for (int i = 0; i < 4; ++i) {
    auto job = new_job("r" + std::to_string(i));
    job.text.assign(20'000'000, 'x');
    (void)admitted(job);
  }
  EXPECT_GT(std::filesystem::file_size(file.string() + "-wal"), 70'000'000U);
  ASSERT_TRUE((*reader)->database->run("COMMIT"));
  (void)admitted(new_job("small"));
  ASSERT_TRUE(db->close() && db->open());
  (void)admitted(new_job("begins the log anew"));
  EXPECT_LT(std::filesystem::file_size(file.string() + "-wal"), 9'000'000U);
}

}  // namespace
}  // namespace gw::test
