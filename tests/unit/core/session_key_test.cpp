#include <string>

#include <gtest/gtest.h>

#include "core/session/key.hpp"

namespace gw::session {
namespace {

std::string key(std::string_view short_key, std::string_view agent = "main") {
  return full_key(short_key, agent).value_or("refused");
}

bool is_refused(const Result<std::string>& result) {
  return !result && result.error().code == Code::InvalidRequest;
}

TEST(SessionKeyTest, AShortKeyBelongsToTheGivenAgent) {
  EXPECT_EQ(key("main"), "agent:main:main");
  EXPECT_EQ(key("telegram:42", "work"), "agent:work:telegram:42");
}

TEST(SessionKeyTest, AFullKeyKeepsItsOwnAgent) {
  EXPECT_EQ(key("agent:work:main", "main"), "agent:work:main");
}

TEST(SessionKeyTest, KeysThatDifferInCaseAndSpaceAroundAreOneSession) {
  EXPECT_EQ(key("  Main\n"), "agent:main:main");
  EXPECT_EQ(key("AGENT:Work:MAIN"), "agent:work:main");
  EXPECT_EQ(key("main", "Work"), key("agent:Work:main"));
}

TEST(SessionKeyTest, AFullKeyStaysAsItIs) {
  for (const char* text : {"main", "agent:a:b", "agent:", "agent::b", "agent:a:", "x:y"}) {
    EXPECT_EQ(key(key(text)), key(text)) << text;
  }
}

TEST(SessionKeyTest, AnEmptyKeyIsRefused) {
  EXPECT_TRUE(is_refused(full_key("", "main")));
  EXPECT_TRUE(is_refused(full_key(" \t ", "main")));
}

TEST(SessionKeyTest, ControlCharactersAreRefused) {
  EXPECT_TRUE(is_refused(full_key("a\nb", "main")));
  EXPECT_TRUE(is_refused(full_key(std::string_view("a\0b", 3), "main")));
  EXPECT_TRUE(is_refused(full_key("a\x7F", "main")));
  EXPECT_EQ(key("gr\xC3\xBC\xC3\x9F"), "agent:main:gr\xC3\xBC\xC3\x9F");
}

TEST(SessionKeyTest, TheLimitCountsTheWholeKey) {
  const std::size_t prefix = std::string("agent:main:").size();
  EXPECT_TRUE(full_key(std::string(kKeyBytesMax - prefix, 'x'), "main"));
  EXPECT_TRUE(is_refused(full_key(std::string(kKeyBytesMax - prefix + 1, 'x'), "main")));
}

TEST(SessionKeyTest, ASessionIdHasAKeyOfItsOwn) {
  EXPECT_EQ(key_of_id(" ABC-1 ", "main").value_or(""), "agent:main:explicit:abc-1");
  EXPECT_TRUE(is_refused(key_of_id("a\nb", "main")));
}

TEST(SessionKeyTest, AnEmptySessionIdIsRefused) { EXPECT_TRUE(is_refused(key_of_id("  ", "main"))); }

TEST(SessionKeyTest, TheAgentOfAFullKeyIsItsSecondPart) {
  EXPECT_EQ(agent_of("agent:work:main"), "work");
  EXPECT_EQ(agent_of("agent:work:a:b"), "work");
  for (const char* other : {"", "main", "agent:", "agent:work", "agent:work:", "agent::x", "agents:a:b"}) {
    EXPECT_EQ(agent_of(other), "") << other;
  }
}

}  // namespace
}  // namespace gw::session
