#include "store/opening.hpp"

#include <array>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "store/schema.hpp"
#include "unit/store/fixture.hpp"

namespace gw::test {
namespace {

using store::Database;

void write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Runs SQL on a file that need not be ours, creating it.
void alter(const std::filesystem::path& file, const char* sql) {
  if (!std::filesystem::exists(file)) write_file(file, "");
  auto database = Database::open(file, Database::Mode::Write);
  ASSERT_TRUE(database) << database.error().message;
  (*database)->checkpoint_on_close();
  const auto done = (*database)->run(sql);
  ASSERT_TRUE(done) << done.error().message;
}

class OpeningTest : public ::testing::Test {
 protected:
  /// The store refuses the file everywhere, for this reason, and leaves it as it is.
  void expect_refused(const std::string& reason) {
    const auto before = read_file(file);
    Store db(file, loop);
    const auto checked = db.store.check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, Code::Storage);
    EXPECT_NE(checked.error().message.find(reason), std::string::npos) << checked.error().message;
    EXPECT_NE(checked.error().message.find(file.string()), std::string::npos) << checked.error().message;

    const auto opened = db.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::Storage);
    EXPECT_EQ(db.admit(new_job("r1")).error().message, opened.error().message);
    EXPECT_EQ(db.recent(1).error().code, Code::Storage);
    EXPECT_EQ(read_file(file), before);
  }

  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "state.db";
  TestLoop loop;
};

TEST_F(OpeningTest, NothingIsTouchedBeforeItIsOpened) {
  Store db(file, loop);
  EXPECT_TRUE(db.store.check());
  EXPECT_TRUE(db.recent(5)->empty());
  EXPECT_TRUE(db.load_devices()->empty());
  EXPECT_FALSE(*db.find_run("r1"));
  EXPECT_FALSE(db.history("agent:main:main")->session);
  EXPECT_EQ(db.sessions(5)->total, 0);
  EXPECT_EQ(db.admit(new_job("r1")).error().code, Code::Unavailable);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST_F(OpeningTest, OnlyTheOwnerCanReadTheFiles) {
  Store db(file, loop);
  ASSERT_TRUE(db.open());
  ASSERT_TRUE(db.admit(new_job("r1")));
  ASSERT_TRUE(db.find_run("r1"));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info{};
    ASSERT_EQ(::stat((file.string() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(OpeningTest, AReaderThatFoundNothingFindsWhatIsWrittenLater) {
  Store db(file, loop);
  EXPECT_FALSE(*db.find_run("r1"));
  ASSERT_TRUE(db.open());
  ASSERT_TRUE(db.admit(new_job("r1")));
  EXPECT_TRUE(*db.find_run("r1"));
}

TEST_F(OpeningTest, AnEmptyFileIsTakenForANewOne) {
  write_file(file, "");
  Store db(file, loop);
  EXPECT_TRUE(db.store.check());
  EXPECT_TRUE(db.recent(5)->empty());
  EXPECT_TRUE(db.open());
  EXPECT_TRUE(db.open()) << "open already";
  EXPECT_TRUE(db.admit(new_job("r1")));
}

TEST_F(OpeningTest, RefusesAFileThatIsNoDatabase) {
  write_file(file, std::string(8'192, 'x'));
  expect_refused("not a database");
}

TEST_F(OpeningTest, RefusesTheDatabaseOfAnotherProgram) {
  alter(file, "CREATE TABLE theirs (x)");
  expect_refused("belongs to another program");
}

TEST_F(OpeningTest, RefusesASchemaOfTheFuture) {
  {
    ASSERT_TRUE(store::open_for_writing(file));
  }
  alter(file, "PRAGMA user_version = 99");
  expect_refused("it has schema 99");
}

TEST_F(OpeningTest, ReportsADamagedDatabase) {
  {
    ASSERT_TRUE(store::open_for_writing(file));
  }
  alter(file, "PRAGMA user_version = 1");
  auto bytes = read_file(file);
  ASSERT_GT(bytes.size(), 8'192U);
  bytes.replace(100, 3'996, std::string(3'996, 'x'));
  write_file(file, bytes);
  expect_refused("damaged");
}

TEST_F(OpeningTest, CheckFindsAMissingTable) {
  {
    ASSERT_TRUE(store::open_for_writing(file));
  }
  alter(file, "DROP TABLE restart");
  const auto checked = Store(file, loop).store.check();
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("restart"), std::string::npos) << checked.error().message;
}

TEST_F(OpeningTest, RefusesADirectoryInItsPlace) {
  std::filesystem::create_directory(file);
  Store db(file, loop);
  EXPECT_NE(db.store.check().error().message.find("not a regular file"), std::string::npos);
  EXPECT_EQ(db.open().error().code, Code::Storage);
}

TEST_F(OpeningTest, RefusesAPlaceWhereNoFileCanBe) {
  write_file(directory.path() / "plain", "x");
  for (const auto& place :
       {directory.path() / "plain" / "state.db", directory.path() / "absent" / "state.db"}) {
    Store db(place, loop);
    EXPECT_NE(db.store.check().error().message.find("is not a directory"), std::string::npos);
    const auto opened = db.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::Storage);
    EXPECT_NE(opened.error().message.find(place.string()), std::string::npos);
    EXPECT_TRUE(db.recent(1)->empty()) << "nothing there is nothing, not a failure";
  }
}

/// Becomes an ordinary user, since permissions do not bind root; then both refusals and ends.
[[noreturn]] void check_without_permission(const std::filesystem::path& directory,
                                           const std::filesystem::path& file) {
  constexpr unsigned kNobody = 65'534;
  if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(10);
  ::chmod(directory.c_str(), 0555);
  const auto in_directory = store::check_file(directory / "other.db");
  if (in_directory || !in_directory.error().message.contains("no writing in")) ::_exit(11);
  ::chmod(directory.c_str(), 0755);
  const auto of_file = store::check_file(file);
  if (of_file || !of_file.error().message.contains("change its owner or mode")) ::_exit(12);
  ::_exit(0);
}

TEST_F(OpeningTest, SaysWhichPermissionIsMissing) {
  {
    ASSERT_TRUE(store::open_for_writing(file));
  }
  ::chmod(file.c_str(), 0400);
  ::chmod(directory.path().c_str(), 0555);
  EXPECT_EXIT(check_without_permission(directory.path(), file), ::testing::ExitedWithCode(0), "");
  ::chmod(directory.path().c_str(), 0755);
}

class MigrationTest : public OpeningTest {
 protected:
  static constexpr std::array<const char*, 3> kSteps{
      "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7)",
      "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1",
      "CREATE TABLE b (z INTEGER) STRICT; INSERT INTO b SELECT y FROM a",
  };
  std::unique_ptr<Database> open() {
    if (!std::filesystem::exists(file)) write_file(file, "");
    auto database = Database::open(file, Database::Mode::Write);
    return database ? std::move(*database) : nullptr;
  }
};

TEST_F(MigrationTest, EveryOlderVersionReachesTheNewest) {
  for (std::size_t from = 0; from <= kSteps.size(); ++from) {
    std::filesystem::remove(file);
    auto database = open();
    if (from > 0) {
      ASSERT_TRUE(store::migrate(*database, std::span(kSteps).first(from)));
    }
    const auto steps = store::migrate(*database, kSteps);
    ASSERT_TRUE(steps) << steps.error().message;
    EXPECT_EQ(*steps, static_cast<int>(kSteps.size() - from));
    EXPECT_EQ(*database->integer("SELECT z FROM b"), 8);
    EXPECT_EQ(*database->integer("PRAGMA user_version"), 3);
    EXPECT_EQ(*database->integer("PRAGMA application_id"), store::kApplicationId);
  }
}

TEST_F(MigrationTest, AFailedMigrationChangesNothing) {
  auto database = open();
  ASSERT_TRUE(store::migrate(*database, std::span(kSteps).first(1)));
  const std::array<const char*, 3> broken{kSteps[0], kSteps[1], "CREATE TABLE b (z); SELECT * FROM nowhere"};
  const auto steps = store::migrate(*database, broken);
  ASSERT_FALSE(steps);
  EXPECT_EQ(steps.error().code, Code::Storage);
  EXPECT_FALSE(database->in_transaction());
  EXPECT_EQ(*database->integer("PRAGMA user_version"), 1);
  EXPECT_FALSE(database->integer("SELECT y FROM a")) << "the second step was undone too";
  EXPECT_TRUE(store::migrate(*database, kSteps)) << "and can be made later";
}

TEST_F(MigrationTest, ANewerVersionIsLeftAlone) {
  auto database = open();
  ASSERT_TRUE(store::migrate(*database, kSteps));
  EXPECT_EQ(store::migrate(*database, std::span(kSteps).first(2)).error().code, Code::Storage);
  EXPECT_EQ(*database->integer("PRAGMA user_version"), 3);
}

TEST_F(MigrationTest, AnOlderSchemaPassesTheCheckAndIsNotReadBeforeItsUpgrade) {
  alter(file, ("PRAGMA application_id = " + std::to_string(store::kApplicationId)).c_str());
  Store db(file, loop);
  EXPECT_TRUE(db.store.check());
  EXPECT_EQ(db.recent(1).error().code, Code::Unavailable);
  ASSERT_TRUE(db.open());
  EXPECT_TRUE(db.recent(1)->empty());
}

}  // namespace
}  // namespace gw::test
