#include "base/text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace gw {
namespace {

TEST(TrimmedTest, RemovesAsciiSpaceAtBothEndsOnly) {
  EXPECT_EQ(trimmed(" \t\r\n\v\fa b\n "), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed("\xC2\xA0x"), "\xC2\xA0x");
}

TEST(CutUtf8Test, NeverEndsInsideACharacter) {
  const std::string text = "aé€😀";  // 1 + 2 + 3 + 4 bytes.
  EXPECT_EQ(cut_utf8(text, 10), text);
  EXPECT_EQ(cut_utf8(text, 9), "aé€");
  EXPECT_EQ(cut_utf8(text, 6), "aé€");
  EXPECT_EQ(cut_utf8(text, 5), "aé");
  EXPECT_EQ(cut_utf8(text, 2), "a");
  EXPECT_EQ(cut_utf8(text, 0), "");
}

TEST(CutUtf16Test, CountsAnEmojiAsTwoUnits) {
  EXPECT_EQ(cut_utf16("a😀b", 4), "a😀b");
  EXPECT_EQ(cut_utf16("a😀b", 3), "a😀");
  EXPECT_EQ(cut_utf16("a😀b", 2), "a");
  EXPECT_EQ(cut_utf16("€é", 1), "€");
}

TEST(CutUtf16Test, DoesNotReadPastATextThatEndsInsideACharacter) {
  EXPECT_EQ(cut_utf16("a\xF0\x9F", 10), "a\xF0\x9F");
  EXPECT_EQ(cut_utf16("\xFF\xFF\xFF", 2), "\xFF\xFF");
}

TEST(LowerAsciiTest, LeavesOtherBytesAlone) { EXPECT_EQ(lower_ascii("AbZ-É1"), "abz-É1"); }

TEST(IsValidUtf8Test, AcceptsTheFirstAndLastCharacterOfEachLength) {
  for (const char* text : {"", "\x01", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << text;
  }
}

TEST(IsValidUtf8Test, RefusesWhatIsNotTheShortestFormOfACharacter) {
  for (const char* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
                           "a\xC2"
                           "b"}) {
    EXPECT_FALSE(is_valid_utf8(text)) << text;
  }
}

}  // namespace
}  // namespace gw
