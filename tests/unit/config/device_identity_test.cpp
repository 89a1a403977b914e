#include "config/device_identity.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <thread>

#include "json/value.hpp"
#include "unit/config/support.hpp"

namespace gw::config {
namespace {

constexpr UnixMillis kNow{1'737'264'000'000};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found{};
  EXPECT_EQ(::stat(path.c_str(), &found), 0);
  return found.st_mode & 07777;
}

TEST(DeviceIdentityTest, MakesAKeyOnceAndReadsItAfterwards) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "state" / "identity" / "device.json";
  const auto made = load_or_create_identity(file, kNow);
  ASSERT_TRUE(made) << made.error().message;
  const auto read = load_or_create_identity(file, UnixMillis{0});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->device_id, made->device_id);
  EXPECT_EQ(read->key.seed, made->key.seed);
  EXPECT_EQ(made->device_id, crypto::device_id(made->key.public_key));
}

TEST(DeviceIdentityTest, IsStoredAsOpenClawStoresIt) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "device.json";
  const auto made = load_or_create_identity(file, kNow).value();
  const auto value = json::parse(read_text(file)).value();
  const json::Object& object = value.get_object();
  EXPECT_EQ(json::int_or(object, "version", 0), 1);
  EXPECT_EQ(json::text_or(object, "deviceId"), made.device_id);
  EXPECT_EQ(json::text_or(object, "publicKeyPem"), crypto::public_key_pem(made.key));
  EXPECT_EQ(json::text_or(object, "privateKeyPem"), crypto::private_key_pem(made.key));
  EXPECT_EQ(json::int_or(object, "createdAtMs", 0), kNow.value);
}

TEST(DeviceIdentityTest, IsReadableByItsOwnerAlone) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "state" / "identity" / "device.json";
  ASSERT_TRUE(load_or_create_identity(file, kNow));
  EXPECT_EQ(mode_of(file), 0600u);
  EXPECT_EQ(mode_of(file.parent_path()), 0700u);
  EXPECT_EQ(mode_of(directory.path() / "state"), 0700u);
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  ASSERT_TRUE(load_or_create_identity(file, kNow));
  EXPECT_EQ(mode_of(file), 0600u);
}

TEST(DeviceIdentityTest, LeavesNoOtherFileBehind) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(load_or_create_identity(directory.path() / "device.json", kNow));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(DeviceIdentityTest, RefusesADamagedFileAndKeepsIt) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "device.json";
  const auto made = load_or_create_identity(file, kNow).value();
  const std::string pem = json::serialize(json::Value(crypto::private_key_pem(made.key)));
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{\"version\":2}"),
                                  std::string("{\"version\":1,\"privateKeyPem\":\"x\"}"),
                                  "{\"version\":1,\"deviceId\":\"ab\",\"privateKeyPem\":" + pem + "}"}) {
    write_text(file, text);
    const auto read = load_or_create_identity(file, kNow);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::InvalidRequest) << text;
    EXPECT_EQ(read_text(file), text);
  }
}

TEST(DeviceIdentityTest, FailsWhereNothingCanBeStored) {
  const TemporaryDirectory directory;
  write_text(directory.path() / "file", "x");
  const auto made = load_or_create_identity(directory.path() / "file" / "identity" / "device.json", kNow);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::Storage);
  std::filesystem::create_directory(directory.path() / "device.json");
  EXPECT_EQ(load_or_create_identity(directory.path() / "device.json", kNow).error().code, Code::Storage);
}

TEST(DeviceIdentityTest, IsTheSameForEveryoneWhoComesFirst) {
  for (int round = 0; round < 10; ++round) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "identity" / "device.json";
    std::vector<std::string> ids(8);
    std::vector<std::thread> threads;
    for (std::string& id : ids) {
      threads.emplace_back([&id, &file] {
        const auto identity = load_or_create_identity(file, kNow);
        id = identity ? identity->device_id : identity.error().message;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::ranges::count(ids, ids[0]), 8);
    EXPECT_EQ(load_or_create_identity(file, kNow)->device_id, ids[0]);
  }
}

}  // namespace
}  // namespace gw::config
