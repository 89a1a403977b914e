#include "config/changes.hpp"

#include "unit/config/support.hpp"

namespace gw::config {
namespace {

Changes between(const std::string& before, const std::string& after) {
  return changes_between(check(before).config, check(after).config);
}

using Paths = std::vector<std::string>;

TEST(ConfigChangesTest, ChangedAddedAndRemovedKeysAreNamedByTheirPath) {
  const Changes changes = between("{native: {echo: {chunkChars: 3, chunkDelayMs: 1}}}",
                                  "{native: {echo: {chunkChars: 4}}, commands: {restart: false}}");
  EXPECT_EQ(changes.need_restart, (Paths{"native.echo.chunkChars", "native.echo.chunkDelayMs", "commands"}));
  EXPECT_TRUE(changes.need_stop.empty());
}

TEST(ConfigChangesTest, OtherWritingOfTheSameValuesIsNoChange) {
  const Changes changes = between("{commands: {restart: true}, native: {}}",
                                  "// a comment\n{\"native\": {}, \"commands\": {\"restart\": true}}");
  EXPECT_TRUE(changes.need_restart.empty());
}

TEST(ConfigChangesTest, KeysThatThisReleaseIgnoresMakeNoChange) {
  EXPECT_TRUE(between("{gateway: {tailscale: {mode: 'off'}}}", "{gateway: {tailscale: {mode: 'on'}}}")
                  .need_restart.empty());
}

TEST(ConfigChangesTest, KeysOfTheKeeperNeedAStop) {
  const Changes changes =
      between("{gateway: {port: 1, mode: 'local'}}", "{gateway: {port: 2, mode: 'local'}}");
  EXPECT_EQ(changes.need_stop, Paths{"gateway.port"});
  EXPECT_TRUE(changes.need_restart.empty());
}

}  // namespace
}  // namespace gw::config
