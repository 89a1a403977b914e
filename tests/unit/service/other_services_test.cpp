#include "service/other_services.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/uuid.hpp"

namespace gw::service {
namespace {

TEST(OtherServicesTest, FindsGatewaysThatAreNotOurs) {
  const auto dir = std::filesystem::temp_directory_path() / random_uuid();
  std::filesystem::create_directories(dir);
  const auto write = [&](const char* unit, const char* command) {
    std::ofstream(dir / unit) << "[Service]\nExecStart=" << command << "\n";
  };
  write("mine.service", "/usr/bin/openclaw gateway --port 1");
  write("openclaw-gateway.service", "/usr/bin/openclaw gateway --port 2");
  write("openclaw-gateway-work.service", "/usr/bin/openclaw gateway --port 3");
  write("clawdbot-gateway.service", "/usr/bin/node /opt/clawdbot/index.js gateway --port 4");
  write("assistant.service", "/usr/bin/node /opt/OpenClaw/index.js gateway");
  write("openclaw-node.service", "/usr/bin/openclaw node run");
  write("postgres.service", "/usr/bin/postgres");
  write("note.txt", "/usr/bin/openclaw gateway");

  const auto found = other_services(dir, "mine.service", false);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].unit, "assistant.service");
  EXPECT_FALSE(found[0].is_legacy);
  EXPECT_EQ(found[1].unit, "clawdbot-gateway.service");
  EXPECT_TRUE(found[1].is_legacy);
  EXPECT_TRUE(other_services(dir / "absent", "mine.service", false).empty());
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace gw::service
