#include "platform/log_file.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <set>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "json/value.hpp"
#include "unit/log/support.hpp"

namespace gw::platform {
namespace {

namespace fs = std::filesystem;

constexpr UnixMillis kNoon{1'737'288'000'000};  // 2025-01-19 12:00 UTC: the same date nearly everywhere.

constexpr std::int64_t kNoLimit = 1'000'000;

mode_t mode_of(const fs::path& path) {
  struct stat found{};
  EXPECT_EQ(::lstat(path.c_str(), &found), 0);
  return found.st_mode & 07777;
}

/// Both ends of a pipe as a console.
class Console {
 public:
  Console() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;
  ~Console() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  int descriptor() const { return ends_[1]; }
  std::string text() {
    std::string text(100'000, '\0');
    const ssize_t got = ::read(ends_[0], text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

class LogFileTest : public testing::Test {
 protected:
  LogFileOptions options() {
    LogFileOptions options;
    options.directory = directory_.path() / "state" / "logs";
    options.now = [this] { return now_; };
    options.lines_at_once = kNoLimit;
    return options;
  }

  LogFileOptions options_for(const fs::path& file, std::int64_t bytes_max = 1'000'000) {
    LogFileOptions options;
    options.file = file;
    options.bytes_max = bytes_max;
    options.lines_at_once = kNoLimit;
    return options;
  }

  TemporaryDirectory directory_;
  UnixMillis now_ = kNoon;
  fs::path file_ = directory_.path() / "log";
};

std::vector<std::string> messages(const fs::path& file) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(file)) {
    const auto value = json::parse(line);
    found.emplace_back(value && value->is_object() ? json::text_or(value->get_object(), "message")
                                                   : "?" + line);
  }
  return found;
}

TEST_F(LogFileTest, WritesToAFileOfTheDayThatOnlyItsOwnerReads) {
  LogFile log(options());
  log.info("gateway", "ready", {{"port", 1}});
  const fs::path file = directory_.path() / "state" / "logs" / "openclaw-2025-01-19.log";
  EXPECT_EQ(log.current_file(), file);
  EXPECT_EQ(messages(file), std::vector<std::string>{"ready"});
  EXPECT_EQ(mode_of(file), 0600u);
  EXPECT_EQ(mode_of(file.parent_path()), 0700u);
  EXPECT_EQ(mode_of(file.parent_path().parent_path()), 0700u);
}

TEST_F(LogFileTest, ClosesADirectoryOfOursToOthers) {
  fs::create_directories(directory_.path() / "state" / "logs");
  ASSERT_EQ(::chmod((directory_.path() / "state" / "logs").c_str(), 0777), 0);
  const LogFile log(options());
  EXPECT_EQ(mode_of(directory_.path() / "state" / "logs"), 0700u);
}

TEST_F(LogFileTest, BeginsANewFileWithEachDay) {
  LogFile log(options());
  log.info("gateway", "first");
  now_.value += 86'400'000;
  log.info("gateway", "second");
  EXPECT_EQ(log.current_file().filename(), "openclaw-2025-01-20.log");
  EXPECT_EQ(messages(log.current_file()), std::vector<std::string>{"second"});
  EXPECT_EQ(messages(log.current_file().parent_path() / "openclaw-2025-01-19.log"),
            std::vector<std::string>{"first"});
}

TEST_F(LogFileTest, RemovesDatedFilesThatNobodyWroteToForADay) {
  const fs::path logs = directory_.path() / "state" / "logs";
  fs::create_directories(logs);
  for (const char* name : {"openclaw-2020-01-01.log", "openclaw-2020-01-01.log.5", "openclaw-2020-01-02.log",
                           "mine.log", "openclaw-2020-01-01.log.bak"}) {
    write_text(logs / name, "x\n");
    const struct timespec old[2] = {{kNoon.value / 1000 - 86'401, 0}, {kNoon.value / 1000 - 86'401, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (logs / name).c_str(), old, 0), 0);
  }
  const struct timespec fresh[2] = {{kNoon.value / 1000 - 100, 0}, {kNoon.value / 1000 - 100, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (logs / "openclaw-2020-01-02.log").c_str(), fresh, 0), 0);
  const LogFile log(options());
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(logs)) left.insert(entry.path().filename());
  EXPECT_EQ(left, (std::set<std::string>{"openclaw-2020-01-02.log", "mine.log", "openclaw-2020-01-01.log.bak",
                                         "openclaw-2025-01-19.log"}));
}

TEST_F(LogFileTest, KeepsAFewFilesInAllAndTheOldestGo) {
  const fs::path logs = directory_.path() / "state" / "logs";
  auto given = options();
  given.bytes_max = 1'000;
  std::uintmax_t bytes = 0;
  for (int day = 0; day < 3; ++day) {
    LogFile log(given);
    for (int i = 0; i < 10; ++i) log.info("a", "line", {{"i", i}});
    now_.value += 86'400'000 / 2 + 1;  // A day begins, and nothing is old enough to go for that.
  }
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(logs)) {
    left.insert(entry.path().filename());
    bytes += entry.file_size();
  }
  EXPECT_EQ(left.size(), kLogFilesMax);
  EXPECT_TRUE(left.contains("openclaw-2025-01-20.log")) << "the newest";
  EXPECT_LE(bytes, kLogFilesMax * 1'000);
}

TEST_F(LogFileTest, LeavesOutWhatComesTooOftenAndSaysSo) {
  Console console;
  auto given = options();
  given.console = console.descriptor();
  given.console_level = LogLevel::Warn;
  given.lines_at_once = 3;
  LogFile log(given);
  for (int i = 0; i < 50; ++i) log.info("a", "again");
  log.info("a", "something else");
  now_.value += 100;  // The time of one line.
  log.info("a", "again");
  const auto lines = lines_of(log.current_file());
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(messages(log.current_file())[3], "something else");
  EXPECT_EQ(json::int_or(json::parse(lines.back())->get_object(), "omitted", 0), 47);
}

TEST_F(LogFileTest, LeavesOutNoDebugLines) {
  auto given = options();
  given.level = LogLevel::Debug;
  given.lines_at_once = 1;
  LogFile log(given);
  for (int i = 0; i < 50; ++i) log.debug("a", "again");
  EXPECT_EQ(lines_of(log.current_file()).size(), 50u);
}

TEST_F(LogFileTest, LinesThatNobodyWantsDoNotCount) {
  auto given = options();
  given.level = given.console_level = LogLevel::Warn;
  given.lines_at_once = 1;
  LogFile log(given);
  for (int i = 0; i < 50; ++i) log.info("a", "again");
  log.warn("a", "again");
  const auto lines = lines_of(log.current_file());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find("omitted"), std::string::npos);
}

TEST_F(LogFileTest, IsSilentWhenAsked) {
  Console console;
  auto given = options_for(file_);
  given.console = console.descriptor();
  given.level = given.console_level = LogLevel::Silent;
  LogFile log(given);
  log.error("a", "b");
  EXPECT_EQ(console.text(), "");
  EXPECT_EQ(fs::file_size(file_), 0u);
}

TEST_F(LogFileTest, WritesToTheConsoleInTheStyleAsked) {
  Console console;
  auto given = options_for(file_);
  given.console = console.descriptor();
  given.console_style = LogStyle::Json;
  LogFile json(given);
  json.info("a", "b");
  EXPECT_EQ(console.text(), lines_of(file_).front() + "\n");
  given.console_style = LogStyle::Pretty;
  given.console_is_journal = true;
  LogFile journal(given);
  journal.warn("a", "b");
  EXPECT_EQ(console.text(), "<4>[a] b\n");
}

TEST_F(LogFileTest, MasksBothFileAndConsole) {
  Console console;
  auto given = options_for(file_);
  given.console = console.descriptor();
  ASSERT_TRUE(given.masks.add("hunter\\d"));
  LogFile log(given);
  log.info("a", "b", {{"k", "hunter2"}});
  EXPECT_TRUE(console.text().ends_with("[a] b k=***\n"));
  EXPECT_EQ(json::text_or(json::parse(lines_of(file_).front())->get_object(), "k"), "***");
}

TEST_F(LogFileTest, WritesOnlyItsLevelAndAbove) {
  auto given = options_for(file_);
  given.level = LogLevel::Warn;
  LogFile log(given);
  log.debug("a", "debug");
  log.info("a", "info");
  log.warn("a", "warn");
  log.error("a", "error");
  EXPECT_EQ(messages(file_), (std::vector<std::string>{"warn", "error"}));
}

TEST_F(LogFileTest, GoesOnInAnotherFileWithAnotherLimit) {
  LogFile log(options());
  log.info("gateway", "one");
  const fs::path dated = log.current_file();
  log.change(options_for(file_, 1));
  EXPECT_EQ(log.current_file(), file_);
  log.info("gateway", "two");
  log.info("gateway", "three");
  EXPECT_EQ(messages(file_.string() + ".1"), std::vector<std::string>{"two"});
  EXPECT_EQ(messages(file_), std::vector<std::string>{"three"});
  log.change(options());
  log.info("gateway", "four");
  EXPECT_EQ(messages(dated), (std::vector<std::string>{"one", "four"}));
}

TEST_F(LogFileTest, ChangesLevelsStyleAndMasks) {
  Console console;
  auto given = options_for(file_);
  given.console = console.descriptor();
  LogFile log(given);
  given.level = LogLevel::Warn;
  given.console_level = LogLevel::Error;
  given.console_style = LogStyle::Json;
  ASSERT_TRUE(given.masks.add("secret"));
  log.change(given);
  log.info("a", "left out");
  log.warn("a", "file only");
  log.error("a", "a secret");
  EXPECT_EQ(messages(file_), (std::vector<std::string>{"file only", "a ***"}));
  EXPECT_EQ(console.text(), lines_of(file_).back() + "\n");
}

TEST_F(LogFileTest, AnotherFileIsAnotherChance) {
  Console console;
  fs::create_directory(file_);
  auto bad = options_for(file_);
  bad.console = console.descriptor();
  LogFile log(bad);
  EXPECT_TRUE(log.current_file().empty());
  log.change(options_for(directory_.path() / "good"));
  log.info("gateway", "one");
  EXPECT_EQ(messages(directory_.path() / "good"), std::vector<std::string>{"one"});
}

TEST_F(LogFileTest, ShowsLinesOnAConsoleWithoutColourWhenItIsNoTerminal) {
  Console console;
  auto given = options_for(file_);
  given.console = console.descriptor();
  given.console_level = LogLevel::Warn;
  given.now = [] { return kNoon; };
  LogFile log(given);
  log.info("gateway/ws", "hidden");
  log.warn("gateway/ws", "shown", {{"n", 1}});
  EXPECT_EQ(console.text(), "2025-01-19T12:00:00.000Z warn [ws] shown n=1\n");
  EXPECT_EQ(messages(file_), (std::vector<std::string>{"hidden", "shown"}));
}

TEST_F(LogFileTest, DropsConsoleLinesRatherThanWaitForAConsole) {
  Console console;
  ASSERT_EQ(::fcntl(console.descriptor(), F_SETFL, 0), 0);  // As a terminal's: a write would wait.
  auto given = options_for(file_, 10'000'000);
  given.console = console.descriptor();
  LogFile log(given);
  for (int i = 0; i < 500; ++i) log.info("a", std::string(3'000, 'x'));
  EXPECT_EQ(messages(file_).size(), 500u);
}

TEST_F(LogFileTest, CutsConsoleLinesToWhatAPipeTakesWhole) {
  Console console;
  auto given = options_for(file_);
  given.console = console.descriptor();
  LogFile log(given);
  const std::string value(1'000, 'x');
  log.info("a", "b", {{"1", value}, {"2", value}, {"3", value}, {"4", value}, {"5", value}});
  const std::string text = console.text();
  EXPECT_EQ(text.size(), kConsoleLineBytesMax);
  EXPECT_TRUE(text.ends_with("x\n"));
}

TEST_F(LogFileTest, RotatesBeforeALineWouldPassTheLimit) {
  constexpr std::int64_t kLimit = 2'000;
  LogFile log(options_for(file_, kLimit));
  for (int i = 0; i < 200; ++i) log.info("a", "line", {{"i", i}});
  EXPECT_EQ(log.lines_dropped(), 0);
  int newest = 200;
  for (const std::string suffix : {"", ".1", ".2", ".3", ".4", ".5"}) {
    const fs::path file = file_.string() + suffix;
    EXPECT_LE(fs::file_size(file), static_cast<std::uintmax_t>(kLimit)) << suffix;
    EXPECT_EQ(mode_of(file), 0600u);
    const auto lines = lines_of(file);
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
      EXPECT_EQ(json::int_or(json::parse(*line)->get_object(), "i", -1), --newest);
    }
  }
  EXPECT_FALSE(fs::exists(file_.string() + ".6"));
}

TEST_F(LogFileTest, GivesALineThatIsLongerThanTheLimitAFileOfItsOwn) {
  LogFile log(options_for(file_, 100));
  log.info("a", "first");
  log.info("a", "second");
  EXPECT_EQ(messages(file_), std::vector<std::string>{"second"});
  EXPECT_EQ(messages(file_.string() + ".1"), std::vector<std::string>{"first"});
}

TEST_F(LogFileTest, FollowsAFileThatSomebodyMovedOrRemoved) {
  LogFile log(options_for(file_));
  log.info("a", "first");
  fs::rename(file_, directory_.path() / "moved");
  log.info("a", "second");
  EXPECT_EQ(messages(file_), std::vector<std::string>{"second"});
  fs::remove(file_);
  log.info("a", "third");
  EXPECT_EQ(messages(file_), std::vector<std::string>{"third"});
  EXPECT_EQ(messages(directory_.path() / "moved"), std::vector<std::string>{"first"});
}

TEST_F(LogFileTest, MakesItsDirectoryAgainWhenItIsRemoved) {
  LogFile log(options());
  fs::remove_all(directory_.path() / "state");
  log.info("a", "again");
  EXPECT_EQ(messages(log.current_file()), std::vector<std::string>{"again"});
}

TEST_F(LogFileTest, LosesNoLineToSeveralThreads) {
  LogFile log(options_for(file_));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&log, thread] {
      for (int i = 0; i < 250; ++i) log.info("a", "line", {{"i", thread * 250 + i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::int64_t> seen;
  for (const std::string& line : lines_of(file_)) {
    seen.insert(json::int_or(json::parse(line)->get_object(), "i", -1));
  }
  EXPECT_EQ(seen.size(), 1'000u);
}

// Several processes write `lines` lines each to one file; true when none of them had to drop one.
bool write_from_processes(const LogFileOptions& options, int processes, int lines) {
  std::vector<pid_t> children;
  for (int process = 0; process < processes; ++process) {
    const pid_t child = ::fork();
    if (child == 0) {
      LogFile log(options);
      for (int i = 0; i < lines; ++i) log.info("a", "line", {{"i", process * lines + i}});
      ::_exit(log.lines_dropped() == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  bool complete = true;
  for (const pid_t child : children) {
    int status = 1;
    complete = child > 0 && ::waitpid(child, &status, 0) == child && status == 0 && complete;
  }
  return complete;
}

TEST_F(LogFileTest, SharesAFileWithOtherProcessesThroughEveryRotation) {
  constexpr int kProcesses = 4;
  constexpr int kLines = 60;
  constexpr std::uintmax_t kLimit = 20'000;  // Three or four rotations, so that no line falls off the end.
  constexpr std::uintmax_t kLineBytesMax = 400;
  for (int round = 0; round < 20; ++round) {
    const fs::path file = directory_.path() / std::to_string(round);
    ASSERT_TRUE(write_from_processes(options_for(file, kLimit), kProcesses, kLines));
    std::set<std::int64_t> seen;
    for (const std::string suffix : {"", ".1", ".2", ".3", ".4", ".5"}) {
      const fs::path part = file.string() + suffix;
      if (!fs::exists(part)) continue;
      EXPECT_LE(fs::file_size(part), kLimit + kProcesses * kLineBytesMax);
      // Nobody rotates a file that another process has just begun.
      if (!suffix.empty()) EXPECT_GE(fs::file_size(part), kLimit - kLineBytesMax) << suffix;
      for (const std::string& line : lines_of(part)) {
        const auto value = json::parse(line);
        ASSERT_TRUE(value) << line;
        EXPECT_TRUE(seen.insert(json::int_or(value->get_object(), "i", -1)).second);
      }
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kProcesses * kLines));
  }
}

TEST_F(LogFileTest, DropsAndCountsLinesWhileItCannotRotate) {
  LogFile log(options_for(file_, 400));
  log.info("a", "first");
  for (const char* number : {"1", "2", "3", "4", "5"})
    fs::create_directories(file_.string() + "." + number + "/x");
  log.info("a", "second");
  EXPECT_EQ(log.lines_dropped(), 1);
  EXPECT_EQ(messages(file_), std::vector<std::string>{"first"});
  fs::remove_all(file_.string() + ".1");
  log.info("a", "third");
  EXPECT_EQ(messages(file_), std::vector<std::string>{"third"});
}

TEST_F(LogFileTest, DoesNotGrowTheFileWhileAnotherProcessIsStuckInARotation) {
  LogFile log(options_for(file_, 400));
  log.info("a", "first");
  const int other = ::open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  log.info("a", "second");
  log.info("a", "third");
  EXPECT_EQ(log.lines_dropped(), 2);
  EXPECT_EQ(messages(file_), std::vector<std::string>{"first"});
  ::close(other);
  log.info("a", "fourth");
  EXPECT_EQ(messages(file_), std::vector<std::string>{"fourth"});
}

TEST_F(LogFileTest, CarriesOnAfterAFullDisk) {
  // A limit on the size of files stands for the disk: writes past it fail in the same way, after a part.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    LogFile log(options_for(file_));
    log.info("a", "first");
    struct rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = fs::file_size(file_) + 10;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    log.info("a", "second");
    log.info("a", "third");
    limit.rlim_cur = before;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    log.info("a", "fourth");
    ::_exit(log.lines_dropped() == 2 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  const auto found = messages(file_);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], "first");
  EXPECT_TRUE(found[1].starts_with("?")) << found[1];
  EXPECT_EQ(found[2], "fourth");
}

TEST_F(LogFileTest, UsesNoDirectoryBehindASymbolicLink) {
  Console console;
  fs::create_directories(directory_.path() / "elsewhere");
  fs::create_directories(directory_.path() / "state");
  fs::create_directory_symlink(directory_.path() / "elsewhere", directory_.path() / "state" / "logs");
  auto given = options();
  given.console = console.descriptor();
  LogFile log(given);
  log.info("a", "still shown");
  EXPECT_TRUE(fs::is_empty(directory_.path() / "elsewhere"));
  EXPECT_EQ(log.current_file(), fs::path());
  const std::string text = console.text();
  EXPECT_EQ(text, "2025-01-19T12:00:00.000Z warn [log] no log file: " +
                      (directory_.path() / "state" / "logs").string() +
                      " is not a directory of this user\n2025-01-19T12:00:00.000Z [a] still shown\n");
}

TEST_F(LogFileTest, UsesNoFileBehindASymbolicLink) {
  Console console;
  fs::create_symlink(directory_.path() / "target", file_);
  auto given = options_for(file_);
  given.console = console.descriptor();
  LogFile log(given);
  log.info("a", "b");
  EXPECT_FALSE(fs::exists(directory_.path() / "target"));
  EXPECT_NE(console.text().find("no log file: could not open"), std::string::npos);
}

TEST_F(LogFileTest, UsesNothingThatIsNoFile) {
  Console console;
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  auto given = options_for(file_);
  given.console = console.descriptor();
  const LogFile log(given);
  EXPECT_EQ(log.current_file(), fs::path());
  EXPECT_NE(console.text().find("no log file: "), std::string::npos);
}

TEST_F(LogFileTest, UsesNoDirectoryOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  Console console;
  const fs::path logs = directory_.path() / "state" / "logs";
  fs::create_directories(logs);
  ASSERT_EQ(::chown(logs.c_str(), 12'345, 12'345), 0);
  auto given = options();
  given.console = console.descriptor();
  const LogFile log(given);
  EXPECT_TRUE(fs::is_empty(logs));
  EXPECT_NE(console.text().find("is not a directory of this user"), std::string::npos);
}

TEST_F(LogFileTest, WarnsOnStderrWhenThereIsNoConsole) {
  testing::internal::CaptureStderr();
  write_text(directory_.path() / "state", "a file");
  LogFile log(options());
  log.info("a", "to stderr");
  log.info("a", "again");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;
  EXPECT_NE(text.find("[log] no log file: could not make"), std::string::npos);
  EXPECT_NE(text.find("[a] to stderr"), std::string::npos);
}

}  // namespace
}  // namespace gw::platform
