#include "service/unit_text.hpp"

#include <gtest/gtest.h>

namespace gw::service {
namespace {

using Words = std::vector<std::string>;

TEST(UnitTextTest, ReadsWhatSystemdReads) {
  const auto unit = parse_unit(
      "# a comment\n; another\n[Unit]\nDescription=Two words\r\n\n[Service]\nExecStart=/bin/a \\\n"
      "# inside\n  -b\nEnvironment = \"A=1 2\" B=3 \nno equals here\n=nothing\n");
  ASSERT_EQ(unit.size(), 3u);
  EXPECT_EQ(value_of(unit, "Unit", "Description"), "Two words");
  EXPECT_EQ(split_words(*value_of(unit, "Service", "ExecStart")), (Words{"/bin/a", "-b"}));
  EXPECT_EQ(split_words(*value_of(unit, "Service", "Environment")), (Words{"A=1 2", "B=3"}));
  EXPECT_EQ(value_of(unit, "Service", "Description"), std::nullopt);
}

TEST(UnitTextTest, AnEmptyValueForgetsTheOnesBefore) {
  const auto unit =
      parse_unit("[Service]\nEnvironment=A=1\nEnvironment=B=2\nEnvironment=\nEnvironment=C=3\n");
  EXPECT_EQ(values_of(unit, "Service", "Environment"), Words{"C=3"});
  EXPECT_EQ(value_of(parse_unit("[Service]\nKillMode=mixed\nKillMode=\n"), "Service", "KillMode"),
            std::nullopt);
}

TEST(UnitTextTest, AWordComesBackAsItWas) {
  for (const char* word :
       {"plain", "two words", "a\"b", "back\\slash", "50%", "$HOME", "${X}", "it's", "#;", "", "ä"}) {
    const auto quoted = quoted_word(word);
    ASSERT_TRUE(quoted.has_value()) << word;
    EXPECT_EQ(split_words(*quoted), Words{word}) << *quoted;
  }
}

TEST(UnitTextTest, DollarsOfACommandLineAreDoubled) {
  EXPECT_EQ(*quoted_argument("$HOME/100%"), "$$HOME/100%%");
  EXPECT_EQ(*quoted_word("$HOME"), "$HOME");
}

TEST(UnitTextTest, WhatNoUnitCanHoldIsRefused) {
  for (const char* word : {"a\nExecStartPre=/bin/evil", "a\rb", "a\x1b", "\x7f"}) {
    EXPECT_EQ(quoted_word(word).error().code, Code::InvalidRequest);
    EXPECT_FALSE(quoted_argument(word).has_value());
  }
}

TEST(UnitTextTest, BrokenTextIsReadAsFarAsItGoes) {
  EXPECT_EQ(split_words("\"open quote"), Words{"open quote"});
  EXPECT_EQ(split_words("ends with \\"), (Words{"ends", "with", "\\"}));
  EXPECT_TRUE(parse_unit("\\").empty());
  EXPECT_TRUE(parse_unit("[").empty());
}

TEST(UnitTextTest, TimesAreReadInEveryNotation) {
  for (const char* text : {"330", "330s", "5min 30s", "5m30s", "5.5 min", "330000ms", " 330 seconds "}) {
    EXPECT_EQ(seconds_of(text), 330) << text;
  }
  EXPECT_EQ(seconds_of("1w 1d 1h"), 694'800);
  EXPECT_GT(seconds_of("infinity"), 1e300);
  for (const char* text : {"", "x", "5 parsecs", "-1", "5min x"})
    EXPECT_EQ(seconds_of(text), std::nullopt) << text;
}

}  // namespace
}  // namespace gw::service
