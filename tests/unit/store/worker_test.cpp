#include "store/worker.hpp"

#include <atomic>
#include <future>
#include <vector>

#include <gtest/gtest.h>

namespace gw::store {
namespace {

TEST(WorkerTest, RefusesWhatDoesNotFitAndLeavesItWithTheCaller) {
  std::promise<void> started;
  std::promise<void> go_on;
  std::atomic<int> handled = 0;
  bool is_first = true;
  Worker<std::unique_ptr<int>> worker(1, [&](auto& batch) {
    handled += static_cast<int>(batch.size());
    if (std::exchange(is_first, false)) {
      started.set_value();
      go_on.get_future().wait();
    }
  });
  const auto push = [&] {
    auto item = std::make_unique<int>(1);
    const auto taken = worker.push(item, 2);
    EXPECT_EQ(taken.has_value(), item == nullptr);
    return taken;
  };
  ASSERT_TRUE(push());
  started.get_future().wait();
  EXPECT_TRUE(push());
  EXPECT_TRUE(push());
  const auto refused = push();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Unavailable);
  go_on.set_value();
  worker.stop();
  EXPECT_EQ(handled, 3) << "everything taken is handled before the end";
}

TEST(WorkerTest, TakesWhatIsQueuedInBatchesOfTheGivenSize) {
  std::promise<void> go_on;
  std::vector<std::vector<int>> batches;
  Worker<int> worker(3, [&](auto& batch) {
    batches.push_back(batch);
    if (batches.size() == 1) go_on.get_future().wait();
  });
  for (int i = 0; i < 10; ++i) {
    int item = i;
    ASSERT_TRUE(worker.push(item, 100));
  }
  go_on.set_value();
  worker.stop();
  std::vector<int> all;
  for (const auto& batch : batches) {
    EXPECT_LE(batch.size(), 3U);
    all.insert(all.end(), batch.begin(), batch.end());
  }
  EXPECT_EQ(all, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(WorkerTest, AWorkerWithoutWorkEndsAtOnce) {
  Worker<int> worker(1, [](auto&) { FAIL(); });
  worker.stop();
}

}  // namespace
}  // namespace gw::store
