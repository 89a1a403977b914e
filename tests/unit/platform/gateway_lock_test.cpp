#include "platform/gateway_lock.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/uuid.hpp"

namespace gw::platform {
namespace {

class GatewayLockTest : public testing::Test {
 protected:
  GatewayLockTest() { std::filesystem::create_directories(dir_); }
  ~GatewayLockTest() override { std::filesystem::remove_all(dir_); }

  LockOwner owner() const {
    return {.process = own_identity(),
            .owner_id = "owner-1",
            .port = 4711,
            .config_path = "/c.json",
            .state_dir = "/s",
            .created_at = "2026-01-01T00:00:00.000Z",
            .version = "1"};
  }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / random_uuid();
  std::filesystem::path file_ = dir_ / "gateway.lock";
};

TEST_F(GatewayLockTest, OnlyOneHolderAtATime) {
  auto first = GatewayLock::acquire(file_);
  ASSERT_TRUE(first.has_value());
  const auto second = GatewayLock::acquire(file_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::Conflict);
}

TEST_F(GatewayLockTest, ItIsFreeAgainOnceTheHolderIsGone) {
  {
    ASSERT_TRUE(GatewayLock::acquire(file_).has_value());
  }
  EXPECT_TRUE(GatewayLock::acquire(file_).has_value());
}

TEST_F(GatewayLockTest, AFileThatCannotBeOpenedIsNotAConflict) {
  const auto lock = GatewayLock::acquire(dir_ / "missing" / "gateway.lock");
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().code, Code::Unavailable);
}

TEST_F(GatewayLockTest, APublishedOwnerIsReadBackWholeAndIsLive) {
  auto lock = GatewayLock::acquire(file_);
  ASSERT_TRUE(lock->publish(owner()).has_value());
  const auto read = live_lock_owner(file_);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->process, own_identity());
  EXPECT_EQ(read->owner_id, "owner-1");
  EXPECT_EQ(read->port, 4711);
  EXPECT_EQ(read->config_path, "/c.json");
  EXPECT_EQ(read->state_dir, "/s");
  EXPECT_EQ(read->version, "1");
}

TEST_F(GatewayLockTest, AnotherPayloadIsThereAtOnce) {
  auto lock = GatewayLock::acquire(file_);
  ASSERT_TRUE(lock->publish(owner()));
  std::atomic<bool> is_over = false;
  int without = 0;
  std::thread reader([&] {
    while (!is_over) without += read_lock(file_) ? 0 : 1;
  });
  LockOwner moved = owner();
  for (int i = 0; i < 2'000; ++i) {
    moved.port = i % 2 == 0 ? 80 : 18'789;
    ASSERT_TRUE(lock->publish(moved));
  }
  is_over = true;
  reader.join();
  EXPECT_EQ(without, 0) << "a reader found nobody, or half of a text";
}

TEST_F(GatewayLockTest, AShorterPayloadLeavesNothingOfTheLongerOne) {
  auto lock = GatewayLock::acquire(file_);
  LockOwner longer = owner();
  longer.config_path = std::string(500, 'x');
  ASSERT_TRUE(lock->publish(longer).has_value());
  ASSERT_TRUE(lock->publish(owner()).has_value());
  ASSERT_TRUE(read_lock(file_).has_value());
  EXPECT_EQ(read_lock(file_)->config_path, "/c.json");
}

TEST_F(GatewayLockTest, AnOwnerThatDiffersInPidStartTimeOrBootIsNotLive) {
  auto lock = GatewayLock::acquire(file_);
  LockOwner later = owner();
  ++later.process.start_time;
  ASSERT_TRUE(lock->publish(later).has_value());
  EXPECT_FALSE(live_lock_owner(file_).has_value());
  LockOwner rebooted = owner();
  rebooted.process.boot_id = "another";
  ASSERT_TRUE(lock->publish(rebooted).has_value());
  EXPECT_FALSE(live_lock_owner(file_).has_value());
  LockOwner other = owner();
  other.process.pid = 0;
  ASSERT_TRUE(lock->publish(other).has_value());
  EXPECT_FALSE(live_lock_owner(file_).has_value());
  EXPECT_TRUE(read_lock(file_).has_value());
}

TEST_F(GatewayLockTest, AReleasedMissingOrDamagedFileHasNoOwner) {
  EXPECT_FALSE(read_lock(file_).has_value());
  {
    auto lock = GatewayLock::acquire(file_);
    ASSERT_TRUE(lock->publish(owner()).has_value());
  }
  EXPECT_FALSE(read_lock(file_).has_value());
  std::ofstream(file_) << "{ not json";
  EXPECT_FALSE(read_lock(file_).has_value());
}

}  // namespace
}  // namespace gw::platform
