#include "base/time.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/uuid.hpp"

namespace gw {
namespace {

TEST(Iso8601Test, WritesUtcWithMilliseconds) {
  EXPECT_EQ(iso8601(UnixMillis{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601(UnixMillis{1'737'264'000'007}), "2025-01-19T05:20:00.007Z");
  EXPECT_EQ(iso8601(UnixMillis{4'102'444'799'999}), "2099-12-31T23:59:59.999Z");
}

TEST(RandomUuidTest, IsAVersionFourUuidInLowerCase) {
  for (int i = 0; i < 64; ++i) {
    const std::string uuid = random_uuid();
    ASSERT_EQ(uuid.size(), 36u);
    for (std::size_t at = 0; at < uuid.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      const std::string_view allowed = dash ? "-" : at == 14 ? "4" : at == 19 ? "89ab" : "0123456789abcdef";
      EXPECT_TRUE(allowed.contains(uuid[at])) << uuid << " at " << at;
    }
  }
}

TEST(RandomUuidTest, DoesNotRepeatItself) {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(seen.insert(random_uuid()).second);
}

}  // namespace
}  // namespace gw
