#include "platform/file_edit.hpp"

#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <thread>

#include <gtest/gtest.h>

#include "base/uuid.hpp"

namespace gw::platform {
namespace {

namespace fs = std::filesystem;

class FileEditTest : public testing::Test {
 protected:
  FileEditTest() { fs::create_directories(dir_); }
  ~FileEditTest() override { fs::remove_all(dir_); }

  static std::string read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  static Status change(const fs::path& path, const std::string& text) {
    auto edit = FileEdit::begin(path, 1'000);
    return edit ? edit->replace(text) : std::unexpected(edit.error());
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir_), {}));
  }

  fs::path dir_ = fs::path(testing::TempDir()) / random_uuid();
  fs::path file_ = dir_ / "file";
};

TEST_F(FileEditTest, MakesAFileForItsOwnerAlone) {
  ASSERT_TRUE(change(dir_ / "new" / "file", "text"));
  EXPECT_EQ(read(dir_ / "new" / "file"), "text");
  struct stat info{};
  ::stat((dir_ / "new" / "file").c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(FileEditTest, KeepsTheLastFive) {
  for (int i = 0; i <= 7; ++i) ASSERT_TRUE(change(file_, std::to_string(i)));
  EXPECT_EQ(read(file_), "7");
  EXPECT_EQ(read(dir_ / "file.bak"), "6");
  EXPECT_EQ(read(dir_ / "file.bak.4"), "2");
  EXPECT_EQ(files(), 6U);
}

TEST_F(FileEditTest, RemovesWhatAKilledEditLeftAndNothingElse) {
  write(file_, "old");
  const std::string left = "file." + random_uuid() + ".tmp";
  write(dir_ / left, "a secret");
  for (const char* other : {"file.tmp", "file.notes.tmp", "other.tmp"}) write(dir_ / other, "mine");
  ASSERT_TRUE(FileEdit::begin(file_, 1'000));
  EXPECT_FALSE(fs::exists(dir_ / left));
  EXPECT_EQ(files(), 4U);
}

TEST_F(FileEditTest, FollowsALinkAndLeavesIt) {
  fs::create_directory(dir_ / "real");
  write(dir_ / "real" / "file", "old");
  fs::create_symlink("real/file", file_);
  ASSERT_TRUE(change(file_, "new"));
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_EQ(read(dir_ / "real" / "file"), "new");
  EXPECT_EQ(read(dir_ / "real" / "file.bak"), "old");
}

TEST_F(FileEditTest, RefusesALinkThatLeadsNowhereAndSaysWhereItLeads) {
  fs::create_symlink("gone/file", file_);
  EXPECT_NE(change(file_, "x").error().message.find("a link to gone/file, which is not there"),
            std::string::npos);
  EXPECT_TRUE(fs::is_symlink(file_));
}

TEST_F(FileEditTest, RefusesWhatIsNotAFile) {
  fs::create_directory(file_);
  EXPECT_NE(change(file_, "x").error().message.find("is not a regular file"), std::string::npos);
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  EXPECT_NE(change(dir_ / "pipe", "x").error().message.find("is not a regular file"), std::string::npos);
  write(dir_ / "large", std::string(1'001, 'x'));
  EXPECT_NE(change(dir_ / "large", "x").error().message.find("more than 1000 bytes"), std::string::npos);
}

TEST_F(FileEditTest, LeavesNothingBehindWhenItFails) {
  write(file_, "old");
  auto edit = FileEdit::begin(file_, 1'000);
  ASSERT_TRUE(edit);
  for (const char* name : {"file.bak", "file.bak.1", "file.bak.2", "file.bak.3", "file.bak.4"}) {
    fs::create_directory(dir_ / name);  // Neither moved nor replaced.
    write(dir_ / name / "inside", "");
  }
  EXPECT_EQ(edit->replace("new").error().code, Code::Unavailable);
  EXPECT_EQ(read(file_), "old");
  EXPECT_EQ(files(), 6U);
}

TEST_F(FileEditTest, LosesNoChangeOfTwoAtOnce) {
  constexpr int kEach = 20;
  const auto add = [&] {
    for (int i = 0; i < kEach; ++i) {
      auto edit = FileEdit::begin(file_, 1'000);
      ASSERT_TRUE(edit);
      ASSERT_TRUE(edit->replace(edit->text().value_or("") + "x"));
    }
  };
  std::jthread other(add);
  add();
  other.join();
  EXPECT_EQ(read(file_).size(), 2U * kEach);
}

}  // namespace
}  // namespace gw::platform
