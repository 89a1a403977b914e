#include "platform/service_unit.hpp"

#include <gtest/gtest.h>

namespace gw::platform {
namespace {

TEST(ServiceUnitTest, IsReadFromTheControlGroup) {
  const std::string user =
      "/user.slice/user-1000.slice/user@1000.service/app.slice/openclaw-gateway.service\n";
  const ServiceUnit of_user{"openclaw-gateway.service", 1000};
  EXPECT_EQ(unit_of_cgroup("0::" + user), of_user);
  EXPECT_EQ(unit_of_cgroup("5:pids:/\n1:name=systemd:" + user + "0::/\n"), of_user) << "both hierarchies";
  EXPECT_EQ(unit_of_cgroup("0::/system.slice/system-openclaw\\x2dgateway.slice/openclaw-gateway@me.service"),
            (ServiceUnit{"openclaw-gateway@me.service", std::nullopt}));
}

TEST(ServiceUnitTest, ASessionIsNoService) {
  for (const char* lines : {"", "0::/\n", "0::/user.slice/user-1000.slice/session-3.scope\n",
                            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-term.scope\n",
                            "0::/system.slice/docker.service/inner\n", "not.service"}) {
    EXPECT_EQ(unit_of_cgroup(lines), std::nullopt) << lines;
  }
}

TEST(ServiceUnitTest, AProcessThatSystemdDidNotStartIsNone) {
  EXPECT_EQ(service_unit_of(own_identity()), std::nullopt);
}

}  // namespace
}  // namespace gw::platform
