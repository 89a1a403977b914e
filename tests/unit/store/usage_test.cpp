#include <fstream>

#include <gtest/gtest.h>

#include "store/opening.hpp"
#include "store/schema.hpp"
#include "store/usage_table.hpp"
#include "unit/store/fixture.hpp"

namespace gw::test {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

class UsageTest : public StoreTest {
 protected:
  /// Ends a run of `agent` on that day, with so many calls of 1, 2, 3, 4 and 10 tokens.
  void end_run(const std::string& run_id, std::int64_t day, std::int64_t calls = 1,
               const std::string& agent = "main", const std::string& model = "p/m") {
    NewJob wanted = new_job(run_id, "agent:" + agent + ":main");
    wanted.agent_id = agent;
    Outcome outcome = outcome_of(admitted(wanted).id);
    outcome.ended_at = UnixMillis{day * kDayMs + 5};
    outcome.model = model;
    outcome.calls = calls;
    outcome.usage = {.input = 1, .output = 2, .cache_read = 3, .cache_write = 4, .total = 10};
    ASSERT_TRUE(db->finish(outcome));
  }
};

TEST_F(UsageTest, RunsOfADayAreSummedUpAcrossModelsAndStarts) {
  end_run("a", 20'000);
  end_run("b", 20'000, 2);
  reopen();
  end_run("c", 20'000, 1, "main", "p/other");
  const auto days = db->usage(0, 30'000);
  ASSERT_TRUE(days);
  ASSERT_EQ(days->size(), 1U);
  EXPECT_EQ(days->at(0).day, 20'000);
  EXPECT_EQ(days->at(0).calls, 4);
  EXPECT_EQ(days->at(0).usage.input, 3);
  EXPECT_EQ(days->at(0).usage.output, 6);
  EXPECT_EQ(days->at(0).usage.cache_read, 9);
  EXPECT_EQ(days->at(0).usage.cache_write, 12);
  EXPECT_EQ(days->at(0).usage.total, 30);
}

TEST_F(UsageTest, OnlyTheDaysAndTheAgentThatAreAskedForAreShown) {
  for (const std::int64_t day : {20'001, 20'000, 20'002}) end_run("r" + std::to_string(day), day);
  end_run("other", 20'001, 5, "second");
  const auto days = db->usage(20'001, 20'002);
  ASSERT_TRUE(days);
  ASSERT_EQ(days->size(), 2U);
  EXPECT_EQ(days->at(0).day, 20'001);
  EXPECT_EQ(days->at(0).calls, 6);
  EXPECT_EQ(days->at(1).day, 20'002);
  EXPECT_EQ(db->usage(0, 30'000, "second")->at(0).calls, 5);
  EXPECT_TRUE(db->usage(0, 30'000, "nobody")->empty());
}

TEST_F(UsageTest, ARunWithoutAnAnswerLeavesNothing) {
  end_run("a", 20'000, 0);
  EXPECT_TRUE(db->usage(0, 30'000)->empty());
}

TEST_F(UsageTest, AnAbsurdCountNeverKeepsARunFromBeingRecorded) {
  for (const char* run_id : {"a", "b", "c"}) {
    Outcome outcome = outcome_of(admitted(new_job(run_id)).id);
    outcome.calls = 1;
    outcome.usage = {.input = INT64_MAX, .output = INT64_MIN, .total = INT64_MAX};
    ASSERT_TRUE(db->finish(outcome));
  }
  const auto days = db->usage(0, 30'000);
  ASSERT_TRUE(days);
  EXPECT_EQ(days->at(0).usage.input, 3 * store::kRunTokensMax);
  EXPECT_EQ(days->at(0).usage.output, 0);
}

TEST_F(UsageTest, ADatabaseFromBeforeItIsCountedFromItsUpgradeOn) {
  db.reset();
  std::filesystem::remove(file);
  {
    std::ofstream created(file);
  }
  {
    auto database = store::Database::open(file, store::Database::Mode::Write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(store::migrate(**database, store::migrations().first(4)));
  }
  reopen();
  EXPECT_TRUE(db->usage(0, 30'000)->empty());
  end_run("a", 20'000);
  EXPECT_EQ(db->usage(0, 30'000)->size(), 1U);
}

}  // namespace
}  // namespace gw::test
