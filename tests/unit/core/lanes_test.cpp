#include "core/queue/lanes.hpp"

#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

namespace gw::queue {
namespace {

std::vector<JobId> jobs(std::initializer_list<int> ids) {
  std::vector<JobId> found;
  for (const int id : ids) found.push_back(JobId{id});
  return found;
}

TEST(LanesTest, JobsOfASessionBeginOneAtATimeInTheOrderTheyCame) {
  Lanes lanes(4);
  lanes.add(JobId{7}, "s");
  lanes.add(JobId{3}, "s");
  lanes.add(JobId{5}, "s");
  EXPECT_EQ(lanes.begin_ready(), jobs({7}));
  EXPECT_EQ(lanes.begin_ready(), jobs({}));
  lanes.remove(JobId{7});
  EXPECT_EQ(lanes.begin_ready(), jobs({3}));
  lanes.remove(JobId{3});
  EXPECT_EQ(lanes.begin_ready(), jobs({5}));
}

TEST(LanesTest, NoMoreJobsRunThanTheLimitAllows) {
  Lanes lanes(2);
  for (int id = 1; id <= 3; ++id) lanes.add(JobId{id}, "s" + std::to_string(id));
  EXPECT_EQ(lanes.begin_ready(), jobs({1, 2}));
  EXPECT_EQ(lanes.running(), 2U);
  EXPECT_EQ(lanes.waiting(), 1U);
  lanes.remove(JobId{2});
  EXPECT_EQ(lanes.begin_ready(), jobs({3}));
}

TEST(LanesTest, ANewLimitLetsMoreBeginAndEndsNothing) {
  Lanes lanes(1);
  for (int id = 1; id <= 4; ++id) lanes.add(JobId{id}, "s" + std::to_string(id));
  EXPECT_EQ(lanes.begin_ready(), jobs({1}));
  lanes.set_concurrent_max(3);
  EXPECT_EQ(lanes.begin_ready(), jobs({2, 3}));
  lanes.set_concurrent_max(1);
  EXPECT_EQ(lanes.running(), 3U);
  lanes.remove(JobId{1});
  EXPECT_EQ(lanes.begin_ready(), jobs({}));
}

TEST(LanesTest, ABusySessionDoesNotKeepOthersFromTheirTurn) {
  Lanes lanes(1);
  for (int id = 1; id <= 3; ++id) lanes.add(JobId{id}, "busy");
  lanes.add(JobId{10}, "quiet");
  EXPECT_EQ(lanes.begin_ready(), jobs({1}));
  lanes.remove(JobId{1});
  EXPECT_EQ(lanes.begin_ready(), jobs({10}));
  lanes.remove(JobId{10});
  EXPECT_EQ(lanes.begin_ready(), jobs({2}));
}

TEST(LanesTest, AJobThatIsPutBackComesFirstInItsSessionAgain) {
  Lanes lanes(1);
  lanes.add(JobId{1}, "s");
  lanes.add(JobId{2}, "s");
  EXPECT_EQ(lanes.begin_ready(), jobs({1}));
  lanes.put_back(JobId{1});
  EXPECT_FALSE(lanes.is_running(JobId{1}));
  EXPECT_EQ(lanes.running(), 0U);
  EXPECT_EQ(lanes.waiting_in("s"), 2U);
  EXPECT_EQ(lanes.begin_ready(), jobs({1}));
}

TEST(LanesTest, AJobThatIsPutBackLetsOtherSessionsGoFirst) {
  Lanes lanes(1);
  lanes.add(JobId{1}, "a");
  lanes.add(JobId{2}, "b");
  EXPECT_EQ(lanes.begin_ready(), jobs({1}));
  lanes.put_back(JobId{1});
  EXPECT_EQ(lanes.begin_ready(), jobs({2}));
}

TEST(LanesTest, AWaitingJobThatIsRemovedNeverBegins) {
  Lanes lanes(1);
  for (int id = 1; id <= 3; ++id) lanes.add(JobId{id}, "s");
  EXPECT_EQ(lanes.begin_ready(), jobs({1}));
  lanes.remove(JobId{2});
  lanes.remove(JobId{1});
  EXPECT_EQ(lanes.begin_ready(), jobs({3}));
}

TEST(LanesTest, ASessionWhoseOnlyJobIsRemovedLosesItsTurn) {
  Lanes lanes(1);
  lanes.add(JobId{1}, "a");
  lanes.add(JobId{2}, "b");
  lanes.remove(JobId{1});
  EXPECT_EQ(lanes.begin_ready(), jobs({2}));
  lanes.add(JobId{3}, "a");
  lanes.remove(JobId{2});
  EXPECT_EQ(lanes.begin_ready(), jobs({3}));
}

TEST(LanesTest, RemovingTheRunningJobOfAnEmptySessionForgetsTheSession) {
  Lanes lanes(1);
  lanes.add(JobId{1}, "s");
  (void)lanes.begin_ready();
  lanes.remove(JobId{1});
  EXPECT_EQ(lanes.running(), 0U);
  EXPECT_EQ(lanes.waiting(), 0U);
  EXPECT_EQ(lanes.waiting_in("s"), 0U);
}

TEST(LanesTest, RemovingAnUnknownJobChangesNothing) {
  Lanes lanes(1);
  lanes.add(JobId{1}, "s");
  lanes.remove(JobId{99});
  EXPECT_EQ(lanes.waiting(), 1U);
  EXPECT_FALSE(lanes.is_running(JobId{99}));
}

TEST(LanesTest, NothingBeginsWhileFencedAndJobsAreStillTaken) {
  Lanes lanes(2);
  lanes.add(JobId{1}, "a");
  lanes.fence(true);
  lanes.add(JobId{2}, "b");
  EXPECT_TRUE(lanes.is_fenced());
  EXPECT_EQ(lanes.begin_ready(), jobs({}));
  EXPECT_EQ(lanes.waiting(), 2U);
  lanes.fence(false);
  EXPECT_EQ(lanes.begin_ready(), jobs({1, 2}));
}

TEST(LanesTest, JobsThatRunAreNotTouchedByTheFence) {
  Lanes lanes(2);
  lanes.add(JobId{1}, "a");
  (void)lanes.begin_ready();
  lanes.fence(true);
  EXPECT_TRUE(lanes.is_running(JobId{1}));
  lanes.remove(JobId{1});
  EXPECT_EQ(lanes.running(), 0U);
}

TEST(LanesDeathTest, AddingAJobTwiceIsOurOwnFault) {
  Lanes lanes(1);
  lanes.add(JobId{1}, "a");
  EXPECT_DEATH(lanes.add(JobId{1}, "b"), "internal error");
}

TEST(LanesDeathTest, PuttingBackAJobThatDoesNotRunIsOurOwnFault) {
  Lanes lanes(1);
  lanes.add(JobId{1}, "a");
  EXPECT_DEATH(lanes.put_back(JobId{1}), "internal error");
}

}  // namespace
}  // namespace gw::queue
