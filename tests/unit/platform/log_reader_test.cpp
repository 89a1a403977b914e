#include "platform/log_reader.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "base/uuid.hpp"

namespace gw::platform {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

class LogReaderTest : public testing::Test {
 protected:
  LogReaderTest() { fs::create_directories(dir_); }
  ~LogReaderTest() override { fs::remove_all(dir_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / name, std::ios::app) << text;
  }
  void rename(const std::string& from, const std::string& to) { fs::rename(dir_ / from, dir_ / to); }

  static Lines newest(LogReader& reader, std::size_t limit) {
    return reader.newest(limit, [](std::string_view) { return true; }).value();
  }

  fs::path dir_ = fs::temp_directory_path() / random_uuid();
};

constexpr const char* kMonday = "openclaw-2026-11-23.log";
constexpr const char* kTuesday = "openclaw-2026-11-24.log";

TEST_F(LogReaderTest, FilesAreInTheOrderOfTheirLines) {
  for (const char* name : {"openclaw-2026-11-24.log", "openclaw-2026-11-23.log", "openclaw-2026-11-23.log.1",
                           "openclaw-2026-11-23.log.2", "other.log", "openclaw-2026-11-23.log.bak"}) {
    write(name, "");
  }
  Lines names;
  for (const fs::path& path : log_files(dir_, {})) names.push_back(path.filename());
  EXPECT_EQ(names, (Lines{"openclaw-2026-11-23.log.2", "openclaw-2026-11-23.log.1", "openclaw-2026-11-23.log",
                          "openclaw-2026-11-24.log"}));
  write("mine.txt", "");
  write("mine.txt.1", "");
  EXPECT_EQ(log_files(dir_, dir_ / "mine.txt"), (std::vector{dir_ / "mine.txt.1", dir_ / "mine.txt"}));
  EXPECT_TRUE(log_files(dir_ / "missing", {}).empty());
}

TEST_F(LogReaderTest, TheNewestLinesComeFromAsManyFilesAsItTakes) {
  write(kMonday, "1\n2\n3\n");
  write(kTuesday, "4\n5\n");
  LogReader reader(dir_, {});
  EXPECT_EQ(newest(reader, 3), (Lines{"3", "4", "5"}));
  EXPECT_EQ(reader.current(), dir_ / kTuesday);
  EXPECT_EQ(reader.cursor(), 4);
}

TEST_F(LogReaderTest, LinesThatAreNotWantedDoNotCount) {
  write(kMonday, "a\nx\nb\nx\nx\n");
  LogReader reader(dir_, {});
  EXPECT_EQ(reader.newest(2, [](std::string_view line) { return line != "x"; }).value(), (Lines{"a", "b"}));
}

TEST_F(LogReaderTest, ReadingGoesOnBehindTheNewestLines) {
  write(kMonday, "1\n");
  LogReader reader(dir_, {});
  EXPECT_EQ(newest(reader, 0), Lines{});
  EXPECT_EQ(reader.next().value(), Lines{});
  write(kMonday, "2\nhal");
  EXPECT_EQ(reader.next().value(), Lines{"2"});
  write(kMonday, "f\n");
  EXPECT_EQ(reader.next().value(), Lines{"half"});
}

TEST_F(LogReaderTest, NothingNeedExistYet) {
  LogReader reader(dir_ / "later", {});
  EXPECT_EQ(newest(reader, 5), Lines{});
  EXPECT_EQ(reader.next().value(), Lines{});
  fs::create_directories(dir_ / "later");
  write(std::string("later/") + kMonday, "1\n");
  write(std::string("later/") + kTuesday, "2\n");
  EXPECT_EQ(reader.next().value(), (Lines{"1", "2"}));
}

TEST_F(LogReaderTest, ARotationLosesNoLine) {
  write(kMonday, "1\n");
  LogReader reader(dir_, {});
  (void)newest(reader, 1);
  write(kMonday, "2\n");
  rename(kMonday, std::string(kMonday) + ".1");
  write(kMonday, "3\n");
  rename(std::string(kMonday) + ".1", std::string(kMonday) + ".2");
  rename(kMonday, std::string(kMonday) + ".1");
  write(kMonday, "4\n");
  EXPECT_EQ(reader.next().value(), (Lines{"2", "3", "4"}));
  write(kMonday, "5\n");
  EXPECT_EQ(reader.next().value(), Lines{"5"});
}

TEST_F(LogReaderTest, AnotherDayHasAnotherFile) {
  write(kMonday, "1\n");
  LogReader reader(dir_, {});
  (void)newest(reader, 1);
  write(kMonday, "2\n");
  write(kTuesday, "3\n");
  EXPECT_EQ(reader.next().value(), (Lines{"2", "3"}));
}

TEST_F(LogReaderTest, AFileThatWasEmptiedIsReadFromItsBeginning) {
  write(kMonday, "long line\n");
  LogReader reader(dir_, {});
  (void)newest(reader, 1);
  fs::resize_file(dir_ / kMonday, 0);
  write(kMonday, "new\n");
  EXPECT_EQ(reader.next().value(), Lines{"new"});
}

TEST_F(LogReaderTest, AFileThatWasRemovedIsFollowedByTheNewestOnly) {
  write("mine.txt.1", "old\n");
  write("mine.txt", "1\n");
  LogReader reader(dir_, dir_ / "mine.txt");
  (void)newest(reader, 1);
  fs::remove(dir_ / "mine.txt");
  write("mine.txt", "2\n");
  EXPECT_EQ(reader.next().value(), Lines{"2"});
}

TEST_F(LogReaderTest, AFileThatCannotBeReadIsAnError) {
  fs::create_directories(dir_ / kMonday);
  LogReader reader(dir_, {});
  const auto lines = reader.newest(5, [](std::string_view) { return true; });
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, Code::Unavailable);
  EXPECT_NE(lines.error().message.find(kMonday), std::string::npos);
}

}  // namespace
}  // namespace gw::platform
