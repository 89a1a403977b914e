#include "platform/owner_record.hpp"

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/uuid.hpp"
#include "platform/private_file.hpp"

namespace gw::platform {
namespace {

class OwnerRecordTest : public testing::Test {
 protected:
  ~OwnerRecordTest() override { std::filesystem::remove_all(dir_); }

  LockOwner owner() const {
    return {.process = own_identity(),
            .owner_id = "keeper",
            .port = 4711,
            .config_path = "/c.json",
            .state_dir = dir_.string(),
            .created_at = "2026-01-01T00:00:00.000Z",
            .version = "1"};
  }
  void write(LockOwner named) const {
    std::filesystem::create_directories(file_.parent_path());
    ASSERT_TRUE(write_private_file(file_, lock_text(named)).has_value());
  }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / random_uuid();
  std::filesystem::path file_ = owner_record_file(dir_);
};

TEST_F(OwnerRecordTest, EachGenerationIsAnOwnerOfItsOwn) {
  OwnerRecord record(file_, owner());
  ASSERT_TRUE(record.show(1, "2026-01-01T00:00:01.000Z").has_value());
  EXPECT_EQ(read_lock(file_)->owner_id, generation_owner_id("keeper", 1));
  ASSERT_TRUE(record.show(2, "2026-01-01T00:00:02.000Z").has_value());
  const auto shown = live_lock_owner(file_);
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->owner_id, generation_owner_id("keeper", 2));
  EXPECT_EQ(shown->created_at, "2026-01-01T00:00:02.000Z");
  EXPECT_EQ(shown->process, own_identity());
  EXPECT_EQ(shown->port, 4711);
}

TEST_F(OwnerRecordTest, ItIsGoneAtTheEnd) {
  {
    OwnerRecord record(file_, owner());
    ASSERT_TRUE(record.show(1, "now").has_value());
    const OwnerRecord moved(std::move(record));
    EXPECT_TRUE(std::filesystem::exists(file_));
  }
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(OwnerRecordTest, AnotherProcessThatLivesIsLeftInIt) {
  LockOwner other = owner();
  other.process = *identity_of(::getppid());
  other.owner_id = "other";
  write(other);
  {
    OwnerRecord record(file_, owner());
    const Status shown = record.show(1, "now");
    ASSERT_FALSE(shown.has_value());
    EXPECT_EQ(shown.error().code, Code::Conflict);
  }
  EXPECT_EQ(read_lock(file_)->owner_id, "other");
}

TEST_F(OwnerRecordTest, OneThatIsGoneIsReplaced) {
  LockOwner gone = owner();
  gone.process = *identity_of(::getppid());
  ++gone.process.start_time;
  write(gone);
  OwnerRecord record(file_, owner());
  ASSERT_TRUE(record.show(1, "now").has_value());
  EXPECT_EQ(read_lock(file_)->owner_id, generation_owner_id("keeper", 1));
}

TEST_F(OwnerRecordTest, AFileThatCannotBeWrittenIsAnError) {
  OwnerRecord record("/proc/none/tmp/gateway.state.lock", owner());
  const Status shown = record.show(1, "now");
  ASSERT_FALSE(shown.has_value());
  EXPECT_EQ(shown.error().code, Code::Unavailable);
  EXPECT_TRUE(OwnerRecord().show(1, "now").has_value());
}

}  // namespace
}  // namespace gw::platform
