#include "platform/log_tail.hpp"

#include <sys/stat.h>

#include "unit/log/support.hpp"

namespace gw::platform {
namespace {

using Lines = std::vector<std::string>;

class LogTailTest : public testing::Test {
 protected:
  LogTail read(std::optional<std::int64_t> cursor, std::size_t limit = 500, std::size_t bytes_max = 250'000) {
    auto result = tail(file_, cursor, limit, bytes_max);
    EXPECT_TRUE(result) << result.error().message;
    return result.value_or(LogTail{});
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "log";
};

TEST_F(LogTailTest, TakesAMissingFileForAnEmptyOne) {
  const LogTail result = read(std::nullopt);
  EXPECT_EQ(result.file, file_.string());
  EXPECT_EQ(result.cursor, 0);
  EXPECT_EQ(result.size, 0);
  EXPECT_TRUE(result.lines.empty());
  EXPECT_FALSE(result.truncated || result.reset);
  EXPECT_TRUE(read(5).reset);
}

TEST_F(LogTailTest, ReadsTheWholeOfASmallFile) {
  write_text(file_, "one\ntwo\n\nfour\n");
  const LogTail result = read(std::nullopt);
  EXPECT_EQ(result.lines, (Lines{"one", "two", "", "four"}));
  EXPECT_EQ(result.cursor, 14);
  EXPECT_EQ(result.size, 14);
  EXPECT_FALSE(result.truncated || result.reset);
  EXPECT_EQ(result.skipped_bytes, 0);
}

TEST_F(LogTailTest, GivesEveryLineOnceToAReaderThatFollows) {
  write_text(file_, "one\n");
  LogTail result = read(std::nullopt);
  EXPECT_EQ(read(result.cursor).lines, Lines{});
  write_text(file_, "one\ntwo\nthr");
  result = read(result.cursor);
  EXPECT_EQ(result.lines, Lines{"two"});
  EXPECT_EQ(result.cursor, 8);
  EXPECT_EQ(result.size, 11);
  write_text(file_, "one\ntwo\nthree\n");
  result = read(result.cursor);
  EXPECT_EQ(result.lines, Lines{"three"});
  EXPECT_FALSE(result.truncated);
}

TEST_F(LogTailTest, KeepsTheNewestBytesAndDropsAPartialLine) {
  write_text(file_, "one\ntwo\nthree\n");  // Lines begin at 0, 4 and 8.
  LogTail result = read(std::nullopt, 500, 8);
  EXPECT_EQ(result.lines, Lines{"three"});
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.skipped_bytes, 8);
  EXPECT_FALSE(result.reset);
  result = read(std::nullopt, 500, 10);
  EXPECT_EQ(result.lines, (Lines{"two", "three"}));
  EXPECT_EQ(result.skipped_bytes, 4);
  EXPECT_EQ(read(0, 500, 10).lines, (Lines{"two", "three"}));
  EXPECT_TRUE(read(0, 500, 10).truncated);
}

TEST_F(LogTailTest, KeepsTheNewestLinesUpToTheLimit) {
  write_text(file_, "one\ntwo\nthree\n");
  const LogTail result = read(std::nullopt, 2);
  EXPECT_EQ(result.lines, (Lines{"two", "three"}));
  EXPECT_EQ(result.cursor, 14);
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.skipped_bytes, 4);
  EXPECT_TRUE(read(std::nullopt, 0).lines.empty());
}

TEST_F(LogTailTest, ReportsACursorBehindTheEndAsAReset) {
  write_text(file_, "new\n");
  const LogTail result = read(100);
  EXPECT_TRUE(result.reset);
  EXPECT_EQ(result.lines, Lines{"new"});
  EXPECT_EQ(result.cursor, 4);
}

TEST_F(LogTailTest, DropsTheRestOfALineThatACursorPointsInto) {
  write_text(file_, "one\ntwo\n");
  const LogTail result = read(1);
  EXPECT_EQ(result.lines, Lines{"two"});
  EXPECT_EQ(result.skipped_bytes, 3);
  EXPECT_EQ(read(-5).lines, (Lines{"one", "two"}));
}

TEST_F(LogTailTest, GetsPastALineThatIsLongerThanItsWindow) {
  write_text(file_, std::string(100, 'x') + "\n");
  EXPECT_EQ(read(std::nullopt, 500, 10).cursor, 101);
  write_text(file_, std::string(100, 'x'));
  const LogTail result = read(std::nullopt, 500, 10);
  EXPECT_TRUE(result.lines.empty());
  EXPECT_EQ(result.cursor, 100);
  write_text(file_, std::string(100, 'x') + "x\nnext\n");
  EXPECT_EQ(read(result.cursor).lines, Lines{"next"});
}

TEST_F(LogTailTest, GivesOnlyValidUtf8) {
  write_text(file_, "a\xFF\n");
  EXPECT_EQ(read(std::nullopt).lines, Lines{"a\xEF\xBF\xBD"});
}

TEST_F(LogTailTest, RefusesWhatIsNoFile) {
  EXPECT_EQ(tail(directory_.path(), std::nullopt, 1, 1).error().code, Code::Unavailable);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_EQ(tail(file_, std::nullopt, 1, 1).error().code, Code::Unavailable);
}

}  // namespace
}  // namespace gw::platform
