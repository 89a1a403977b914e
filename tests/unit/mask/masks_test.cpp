#include "mask/masks.hpp"

#include <gtest/gtest.h>

namespace gw::mask {
namespace {

std::string masked(std::string_view pattern, std::string_view text) {
  Masks masks;
  const Status added = masks.add(pattern);
  return added ? masks.applied_to(text) : added.error().message;
}

TEST(MasksTest, HidesEveryMatchAndNothingElse) {
  EXPECT_EQ(masked("sk-[a-z0-9]+", "keys sk-abc1, sk-9 and SK-UP end"), "keys ***, *** and *** end");
  EXPECT_EQ(masked("sk-[a-z0-9]+", "none"), "none");
  EXPECT_EQ(masked("a", ""), "");
}

TEST(MasksTest, HidesOnlyTheLastGroupThatTookPart) {
  EXPECT_EQ(masked("token=(\\S+)", "token=abc x token=d"), "token=*** x token=***");
  EXPECT_EQ(masked("(a)|(b)", "a b"), "*** ***");
  EXPECT_EQ(masked("key(x?)", "key."), "***.") << "a group that matched nothing";
}

TEST(MasksTest, TakesFlagsBehindASlash) {
  EXPECT_EQ(masked("/secret/g", "secret SECRET"), "*** SECRET");
  EXPECT_EQ(masked("/secret/gi", "secret SECRET"), "*** ***");
  EXPECT_EQ(masked("/^b$/m", "a\nb\nc"), "a\n***\nc");
  EXPECT_EQ(masked("/^b$/", "a\nb\nc"), "a\nb\nc");
  EXPECT_EQ(masked("/a.c/s", "a\nc"), "***");
  EXPECT_EQ(masked("/usr/lib", "at /usr/lib"), "at ***") << "no flags, so no pair of slashes";
}

TEST(MasksTest, AMatchOfNothingHidesNothingAndEnds) { EXPECT_EQ(masked("x*", "aéb"), "aéb"); }

TEST(MasksTest, ABackReferenceHidesWhateverItsGroupCouldHaveTaken) {
  const char* pattern = R"re(\bTOKEN\b\s*[=:]\s*(["']?)([^\s"']+)\1)re";
  EXPECT_EQ(masked(pattern, "TOKEN=abc rest"), "TOKEN=*** rest");
  EXPECT_EQ(masked(pattern, "token: 'abc' rest"), "token: '***' rest");
  EXPECT_EQ(masked(R"((a(b)[)(]\)) \1 \2)", "ab)) ab(\x29 b"), "a***)) ab() b")
      << "parentheses that group nothing";
  EXPECT_EQ(masked(R"(((a)b) \1 (c))", "ab ab c"), "ab ab ***") << "the groups keep their numbers";
}

TEST(MasksTest, AppliesOnePatternAfterTheOther) {
  Masks masks;
  EXPECT_TRUE(masks.empty());
  ASSERT_TRUE(masks.add("a+"));
  ASSERT_TRUE(masks.add("b+"));
  EXPECT_FALSE(masks.empty());
  EXPECT_EQ(masks.applied_to("aabb-ab"), "******-******");
}

TEST(MasksTest, RefusesWhatCannotBeSearchedForInBoundedTime) {
  EXPECT_TRUE(masked("(?=x)y", "").starts_with("not a pattern")) << masked("(?=x)y", "");
  EXPECT_TRUE(masked("(", "").starts_with("not a pattern"));
  EXPECT_TRUE(masked("a{1001}", "").starts_with("not a pattern"));
  EXPECT_TRUE(masked("\\3", "").starts_with("not a pattern")) << "no such group";
}

TEST(MasksTest, TakesABoundedNumberOfBoundedPatterns) {
  EXPECT_EQ(masked(std::string(kPatternBytesMax, 'a'), "b"), "b");
  EXPECT_EQ(masked(std::string(kPatternBytesMax + 1, 'a'), "b"), "longer than 512 bytes");
  Masks masks;
  for (std::size_t i = 0; i < kPatternsMax; ++i) ASSERT_TRUE(masks.add("a"));
  EXPECT_EQ(masks.add("a").error().message, "more than 32 patterns");
}

// With a search that goes back this takes years: every way to split the text is tried before it is given up.
TEST(MasksTest, ATextMadeToBeSlowIsNot) {
  const std::string text(16'000, 'a');
  EXPECT_EQ(masked("^(a+)+$", text + "!"), text + "!");
  EXPECT_EQ(masked("(a|aa)*b", text), text);
}

}  // namespace
}  // namespace gw::mask
