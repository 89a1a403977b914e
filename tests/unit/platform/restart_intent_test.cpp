#include "platform/restart_intent.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "base/uuid.hpp"

namespace gw::platform {
namespace {

constexpr UnixMillis kNow{1'800'000'000'000};

class RestartIntentTest : public testing::Test {
 protected:
  RestartIntentTest() { std::filesystem::create_directories(dir_); }
  ~RestartIntentTest() override { std::filesystem::remove_all(dir_); }

  void write(const std::string& text) const { std::ofstream(file_) << text; }
  static std::string intent(int pid, std::int64_t age_ms, const std::string& more = "") {
    return R"({"kind":"gateway-restart","pid":)" + std::to_string(pid) + R"(,"createdAt":)" +
           std::to_string(kNow.value - age_ms) + more + "}\n";
  }
  std::optional<RestartIntent> take() const { return take_restart_intent(file_, 42, kNow); }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / random_uuid();
  std::filesystem::path file_ = restart_intent_file(dir_);
};

TEST_F(RestartIntentTest, ItSaysWhichRestartIsMeant) {
  write(intent(42, 10));
  const auto plain = take();
  ASSERT_TRUE(plain.has_value());
  EXPECT_FALSE(plain->is_forced);
  EXPECT_FALSE(plain->wait.has_value());
  write(intent(42, 10, R"(,"force":true)"));
  EXPECT_TRUE(take()->is_forced);
  write(intent(42, 10, R"(,"waitMs":5000)"));
  EXPECT_EQ(take()->wait, Millis{5'000});
}

TEST_F(RestartIntentTest, ItIsGoneAfterOneReadingWhateverItSaid) {
  for (const std::string& text : {intent(42, 10), intent(43, 10), intent(42, 60'001), intent(42, -1),
                                  std::string("{"), std::string(2'000, ' '), std::string(R"({"pid":42})")}) {
    write(text);
    EXPECT_EQ(take().has_value(), text == intent(42, 10)) << text;
    EXPECT_FALSE(std::filesystem::exists(file_)) << text;
  }
  EXPECT_FALSE(take().has_value());
}

TEST_F(RestartIntentTest, AFileWithASecondNameAndALinkAreLeftAlone) {
  write(intent(42, 10));
  std::filesystem::create_hard_link(file_, dir_ / "second");
  EXPECT_FALSE(take().has_value());
  EXPECT_TRUE(std::filesystem::exists(file_));
  std::filesystem::remove(file_);
  std::filesystem::create_symlink(dir_ / "second", file_);
  EXPECT_FALSE(take().has_value());
  EXPECT_TRUE(std::filesystem::is_symlink(file_));
}

}  // namespace
}  // namespace gw::platform
