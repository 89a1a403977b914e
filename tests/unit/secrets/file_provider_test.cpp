#include "secrets/file_provider.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "secrets/lookup.hpp"
#include "unit/config/support.hpp"

namespace gw::secrets {
namespace {

using config::TemporaryDirectory;

struct FileProviderTest : testing::Test {
  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "secrets.json";
  json::Object definition{{"source", "file"}, {"path", file.string()}};

  void write(std::string_view text, mode_t mode = 0600) {
    config::write_text(file, text);
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
  }
  Result<Secret> ask(const std::string& id) {
    return lookup(config::environment_of({{"HOME", directory.path().string()}}))({"vault", definition, {id}})
        .at(id);
  }
  std::string problem(const std::string& id = "/a") {
    const auto answer = ask(id);
    EXPECT_FALSE(answer);
    return answer ? "" : answer.error().message;
  }
  std::string named(const std::string& why) const { return "the file " + file.string() + " " + why; }
};

TEST_F(FileProviderTest, FollowsJsonPointers) {
  write(R"({"a": {"b/c": ["x", "y"]}, "": "blank"})");
  EXPECT_EQ(ask("/a/b~1c/1")->reveal(), "y");
  EXPECT_EQ(ask("/")->reveal(), "blank");
  EXPECT_EQ(problem("/a/none"), "its file has nothing at that pointer");
  EXPECT_EQ(problem("/a"), "what its file has at that pointer is no text");
}

TEST_F(FileProviderTest, AnswersEachIdOnItsOwn) {
  write(R"({"a": "x"})");
  const auto answers = lookup(config::environment_of({}))({"vault", definition, {"/a", "/b"}});
  EXPECT_EQ(answers.at("/a")->reveal(), "x");
  EXPECT_FALSE(answers.at("/b"));
}

TEST_F(FileProviderTest, TakesTheWholeTextAsOneValue) {
  write("very secret\n");
  definition["mode"] = "singleValue";
  definition["path"] = "~/secrets.json";
  EXPECT_EQ(ask("value")->reveal(), "very secret\n");
}

TEST_F(FileProviderTest, NeverTellsWhatTheFileHolds) {
  write("very secret");
  EXPECT_EQ(problem(), named("is not JSON"));
}

TEST_F(FileProviderTest, WantsAFileThatIsPrivate) {
  EXPECT_TRUE(problem().contains("No such file")) << problem();
  for (const mode_t mode : {0640u, 0604u, 0620u, 0602u, 0610u}) {
    write("{}", mode);
    EXPECT_EQ(problem(), named("is open to other users: chmod 600 it")) << mode;
  }
  write("{}", 0400);
  EXPECT_EQ(problem(), "its file has nothing at that pointer");
}

TEST_F(FileProviderTest, WantsTheFileItself) {
  write("{}");
  ASSERT_EQ(::link(file.c_str(), (directory.path() / "other").c_str()), 0);
  EXPECT_EQ(problem(), named("has more than one name (hard links)"));
  ASSERT_EQ(::unlink(file.c_str()), 0);
  std::filesystem::create_symlink(directory.path() / "other", file);
  EXPECT_EQ(problem(), named("is a symbolic link"));
  ASSERT_EQ(::unlink(file.c_str()), 0);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(problem(), named("is not a regular file"));
  definition["path"] = "secrets.json";
  EXPECT_EQ(problem(), "the file secrets.json is not named by an absolute path");
}

TEST_F(FileProviderTest, WantsAFileOfThisUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make a file of another user";
  write("{}");
  ASSERT_EQ(::chown(file.c_str(), 12345, 12345), 0);
  EXPECT_EQ(problem(), named("belongs to another user"));
}

TEST_F(FileProviderTest, ReadsNoMoreThanItsLimit) {
  write(R"({"a": "x"})");
  definition["maxBytes"] = 10;
  EXPECT_EQ(ask("/a")->reveal(), "x");
  definition["maxBytes"] = 9;
  EXPECT_EQ(problem(), named("has more than 9 bytes"));
}

}  // namespace
}  // namespace gw::secrets
