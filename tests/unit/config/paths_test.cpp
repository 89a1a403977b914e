#include "config/paths.hpp"

#include "unit/config/support.hpp"

namespace gw::config {
namespace {

Paths resolve(Variables variables, const std::string& profile = {}) {
  auto paths = resolve_paths(environment_of(std::move(variables)), profile);
  EXPECT_TRUE(paths) << paths.error().message;
  return paths.value_or(Paths{});
}

TEST(PathsTest, LiveInTheHomeDirectoryByDefault) {
  const Paths paths = resolve({{"HOME", "/home/ada"}});
  EXPECT_EQ(paths.state_dir, "/home/ada/.openclaw");
  EXPECT_EQ(paths.config_file, "/home/ada/.openclaw/openclaw.json");
  EXPECT_EQ(paths.database(), "/home/ada/.openclaw/gateway.sqlite");
  EXPECT_EQ(paths.device_key(), "/home/ada/.openclaw/identity/native-device.json");
  EXPECT_EQ(paths.profile, "");
}

TEST(PathsTest, PreferTheProductsOwnHome) {
  EXPECT_EQ(resolve({{"HOME", "/a"}, {"OPENCLAW_HOME", "/b"}}).state_dir, "/b/.openclaw");
  EXPECT_EQ(resolve({{"USERPROFILE", "/c"}, {"HOME", " "}}).state_dir, "/c/.openclaw");
}

TEST(PathsTest, FollowTheVariablesAndExpandATilde) {
  const Paths paths = resolve({{"HOME", "/a"}, {"OPENCLAW_STATE_DIR", "~/state"}});
  EXPECT_EQ(paths.state_dir, "/a/state");
  EXPECT_EQ(paths.config_file, "/a/state/openclaw.json");
  const Paths both = resolve({{"OPENCLAW_STATE_DIR", "/s"}, {"OPENCLAW_CONFIG_PATH", "/etc/claw.json"}});
  EXPECT_EQ(both.state_dir, "/s");
  EXPECT_EQ(both.config_file, "/etc/claw.json");
}

TEST(PathsTest, GiveAProfileADirectoryOfItsOwn) {
  EXPECT_EQ(resolve({{"HOME", "/a"}}, "work").state_dir, "/a/.openclaw-work");
  EXPECT_EQ(resolve({{"HOME", "/a"}}, "work").profile, "work");
  EXPECT_EQ(resolve({{"HOME", "/a"}, {"OPENCLAW_PROFILE", "work"}}).state_dir, "/a/.openclaw-work");
  EXPECT_EQ(resolve({{"HOME", "/a"}}, "Default").state_dir, "/a/.openclaw");
  EXPECT_EQ(resolve({{"HOME", "/a"}, {"OPENCLAW_STATE_DIR", "/s"}}, "work").state_dir, "/s");
}

TEST(PathsTest, DropLocationsInheritedFromAnotherProfile) {
  const Variables inherited{{"HOME", "/a"},
                            {"OPENCLAW_PROFILE", "work"},
                            {"OPENCLAW_STATE_DIR", "/a/.openclaw-work"},
                            {"OPENCLAW_CONFIG_PATH", "/a/.openclaw-work/openclaw.json"}};
  EXPECT_EQ(resolve(inherited, "play").config_file, "/a/.openclaw-play/openclaw.json");
  EXPECT_EQ(resolve(inherited, "default").config_file, "/a/.openclaw/openclaw.json");
  EXPECT_EQ(resolve(inherited, "work").state_dir, "/a/.openclaw-work");
}

TEST(PathsTest, KeepAnInheritedLocationThatIsNotTheOtherProfiles) {
  EXPECT_EQ(
      resolve({{"HOME", "/a"}, {"OPENCLAW_PROFILE", "work"}, {"OPENCLAW_STATE_DIR", "/s"}}, "play").state_dir,
      "/s");
}

TEST(PathsTest, RefuseABadProfileName) {
  for (const std::string& name :
       std::vector<std::string>{"-x", "a b", "../x", "a.b", "é", std::string(65, 'a')}) {
    const auto paths = resolve_paths(environment_of({{"HOME", "/a"}}), name);
    ASSERT_FALSE(paths) << name;
    EXPECT_EQ(paths.error().code, Code::InvalidRequest);
  }
  EXPECT_TRUE(resolve_paths(environment_of({{"HOME", "/a"}}), std::string(64, 'A')));
}

TEST(PathsTest, NeedAHome) {
  const auto paths = resolve_paths(environment_of({}), "");
  ASSERT_FALSE(paths);
  EXPECT_EQ(paths.error().message, "no home directory is known: set HOME or OPENCLAW_STATE_DIR");
}

TEST(ExpandHomeTest, ReplacesOnlyALeadingTilde) {
  const auto environment = environment_of({{"HOME", "/a"}});
  EXPECT_EQ(expand_home("~", environment), "/a");
  EXPECT_EQ(expand_home("~/x", environment), "/a/x");
  EXPECT_EQ(expand_home("~x", environment), "~x");
  EXPECT_EQ(expand_home("/x/~", environment), "/x/~");
  EXPECT_EQ(expand_home("~/x", environment_of({})), "~/x");
}

}  // namespace
}  // namespace gw::config
