#include "config/last_good.hpp"

#include "unit/config/support.hpp"

namespace gw::config {
namespace {

Config existing(const std::string& text) {
  Config config = check(text).config;
  config.file_exists = true;
  return config;
}

TEST(LastGoodTest, KeepsWhatIsThereAndWasNotShownToAnybody) {
  EXPECT_TRUE(is_worth_keeping(existing("{}")));
  EXPECT_FALSE(is_worth_keeping(existing("{env: {A: '__OPENCLAW_REDACTED__'}}")));
  EXPECT_FALSE(is_worth_keeping(check("{}").config));
}

TEST(LastGoodTest, NoticesWhatAnAccidentTakesAway) {
  using Texts = std::vector<std::string>;
  const std::string before =
      "{meta: {}, gateway: {mode: 'local'}, env: {A: '" + std::string(600, 'x') + "'}}";
  EXPECT_EQ(anomalies(existing("{}"), before),
            (Texts{"it has 2 bytes, the last good one " + std::to_string(before.size()), "meta is gone",
                   "gateway.mode is gone"}));
  EXPECT_EQ(anomalies(existing(before), before), Texts{});
  EXPECT_EQ(anomalies(existing("{}"), "{env: {A: '1'}}"), Texts{});
  EXPECT_EQ(anomalies(existing("{}"), ""), Texts{});
  EXPECT_EQ(anomalies(existing("{}"), "{gateway: {"), Texts{});
}

}  // namespace
}  // namespace gw::config
