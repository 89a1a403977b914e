#include <map>
#include <random>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "unit/store/fixture.hpp"

namespace gw::test {
namespace {

/// One line of the child: `a 12` admitted, `f 12` finished. Short enough for the pipe to keep whole.
void acknowledge(int pipe, char what, int number) {
  const auto line = std::string(1, what) + " " + std::to_string(number) + "\n";
  if (::write(pipe, line.data(), line.size()) < 0) ::_exit(1);
}

/// Admits without end, up to `in_flight` at once, and begins and finishes every third job. Only a signal ends
/// it.
[[noreturn]] void work_until_killed(const std::filesystem::path& file, int pipe, int first, int in_flight) {
  TestLoop loop;
  Store db(file, loop);
  if (!db.open()) ::_exit(1);
  int next = first;
  int open = 0;
  for (;;) {
    while (open < in_flight) {
      const int number = next++;
      ++open;
      db.store.admit(new_job("r" + std::to_string(number)), [&, number](const Result<Admission>& admission) {
        --open;
        if (!admission) ::_exit(1);
        acknowledge(pipe, 'a', number);
        const auto id = admission->job.id;
        if (number % 3 != 0) {
          auto outcome = outcome_of(id, JobState::Aborted);
          outcome.messages.clear();
          if (number % 3 == 1) db.store.finish(outcome, [](const auto&) {});
          return;
        }
        db.store.begin(id, "g1", {.number = 1}, UnixMillis{2'000}, [](const auto&) {});
        db.store.finish(outcome_of(id), [&, number](const auto& result) {
          if (result) acknowledge(pipe, 'f', number);
        });
      });
    }
    const int before = open;
    if (!loop.run_until([&] { return open < before; })) ::_exit(1);
  }
}

/// Reads acknowledgements until there are `count` new ones, kills the writer and reads what it had still
/// said.
void read_and_kill(pid_t child, int pipe, int count, std::map<std::string, int>& acknowledged) {
  std::string text;
  std::array<char, 4'096> buffer;
  int lines = 0;
  for (ssize_t got; (got = ::read(pipe, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    lines = static_cast<int>(std::ranges::count(text, '\n'));
    if (lines >= count) ::kill(child, SIGKILL);
  }
  ASSERT_GE(lines, count) << "the writer ended by itself";
  for (std::size_t from = 0, end; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
    ++acknowledged[text.substr(from, end - from)];
  }
}

class KillTest : public ::testing::Test {
 protected:
  /// One life of a writer that is killed after `count` acknowledgements.
  void live_and_die(int count, int in_flight) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) work_until_killed(file, ends[1], first_, in_flight);
    ::close(ends[1]);
    read_and_kill(child, ends[0], count, acknowledged);
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    first_ += 100'000;  // Numbers of its own for every life.
  }

  void expect_all_there() {
    TestLoop loop;
    Store db(file, loop);
    ASSERT_TRUE(db.open());
    for (const auto& [line, times] : acknowledged) {
      EXPECT_EQ(times, 1) << line;
      const auto job = db.find_run("r" + line.substr(2));
      ASSERT_TRUE(job && *job) << line << " was acknowledged and is gone";
      if (line[0] == 'f') {
        EXPECT_EQ((*job)->state, JobState::Done) << line;
      }
    }
    const auto history = db.history("agent:main:main", 0, 1'000'000);
    ASSERT_TRUE(history);
    EXPECT_EQ(history->total, static_cast<std::int64_t>(history->messages.size()));
    std::map<std::string, int> messages;
    for (const auto& message : history->messages) {
      ++messages[message.run_id + std::string(json::text_or(message.body, "role"))];
    }
    for (const auto& [name, times] : messages) EXPECT_EQ(times, 1) << name;
    for (const auto& [line, times] : acknowledged) {
      if (line[0] != 'f') continue;
      EXPECT_EQ(messages["r" + line.substr(2) + "user"], 1) << line;
      EXPECT_EQ(messages["r" + line.substr(2) + "assistant"], 1) << line;
    }
  }

  TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "state.db";
  std::map<std::string, int> acknowledged;  // Line and how often it came.

 private:
  int first_ = 0;
};

TEST_F(KillTest, WhatWasAcknowledgedIsThereExactlyOnceAfterAKill) {
  constexpr unsigned kSeed = 20'260'506;
  std::mt19937 dice(kSeed);
  for (int life = 0; life < 12; ++life) {
    const auto count = std::uniform_int_distribution(1, 60)(dice);
    const auto in_flight = std::uniform_int_distribution(1, 24)(dice);
    SCOPED_TRACE("life " + std::to_string(life) + " of seed " + std::to_string(kSeed));
    live_and_die(count, in_flight);
    if (HasFatalFailure()) return;
    expect_all_there();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace gw::test
