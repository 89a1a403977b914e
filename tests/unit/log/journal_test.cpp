#include "platform/journal.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace gw::platform {
namespace {

TEST(JournalTest, OnlyTheStreamThatTheVariableNamesGoesThere) {
  int ends[2];
  int others[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::pipe(others), 0);
  struct stat stream{};
  ASSERT_EQ(::fstat(ends[1], &stream), 0);
  const std::string name = std::to_string(stream.st_dev) + ":" + std::to_string(stream.st_ino);
  EXPECT_TRUE(goes_to_journal(ends[1], name));
  EXPECT_FALSE(goes_to_journal(others[1], name)) << "redirected since";
  EXPECT_FALSE(goes_to_journal(ends[1], std::nullopt));
  EXPECT_FALSE(goes_to_journal(ends[1], ""));
  EXPECT_FALSE(goes_to_journal(ends[1], name + "1"));
  for (const int end : {ends[0], ends[1], others[0], others[1]}) ::close(end);
  EXPECT_FALSE(goes_to_journal(ends[1], name)) << "closed";
}

}  // namespace
}  // namespace gw::platform
