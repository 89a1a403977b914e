#include "cli/restart_view.hpp"

#include <gtest/gtest.h>

#include "cli/table.hpp"

namespace gw::cli {
namespace {

json::Object waiting(const json::Value& remaining_ms, const json::Value& cut_in_ms) {
  return {{"phase", "draining"},
          {"blockers", {{{"kind", "queue"}, {"message", "1 queued"}}, {{"message", "a\x1b[2Jb"}}}},
          {"estimate", {{"remainingMs", remaining_ms}, {"samples", 7}}},
          {"cutInMs", cut_in_ms}};
}

TEST(RestartViewTest, AWaitTellsBlockersAndTheTimeLeft) {
  EXPECT_EQ(progress_text(waiting(8'900, nullptr), Millis{12'300}),
            "draining, 12 s, about 8 s left, waits for: 1 queued; a [2Jb");
}

TEST(RestartViewTest, RunningWorkIsCutAtTheLimitWhateverTheEstimate) {
  EXPECT_NE(progress_text(waiting(90'000, 3'000), Millis{0}).find("about 3 s left"), std::string::npos);
}

TEST(RestartViewTest, AnUnknownTimeIsCalledUnknown) {
  EXPECT_NE(progress_text(waiting(nullptr, 3'000), Millis{0}).find("time left unknown, at most 3 s"),
            std::string::npos);
  EXPECT_NE(progress_text(waiting(nullptr, nullptr), Millis{0}).find("time left unknown, waits"),
            std::string::npos);
}

TEST(RestartViewTest, OtherPhasesAreTheirNameAlone) {
  EXPECT_EQ(progress_text({{"phase", "starting-successor"}, {"cutInMs", 5}}, Millis{999}),
            "starting-successor, 0 s");
}

TEST(RestartViewTest, TheBarGrowsWithTheShareThatIsOver) {
  EXPECT_EQ(progress_bar(Millis{1'000}, Millis{3'000}), "[#####...............]");
  EXPECT_EQ(progress_bar(Millis{1'000}, Millis{0}), "[####################]");
  EXPECT_EQ(progress_bar(Millis{0}, Millis{0}), "[....................]");
  EXPECT_EQ(progress_bar(Millis{1'000}, std::nullopt), "[....................]");
}

TEST(TableTest, ColumnsAreAlignedByCharacters) {
  EXPECT_EQ(aligned({{"ID", "WHY"}, {"äö", "x"}, {"long", ""}}), "ID    WHY\näö    x\nlong  \n");
}

TEST(TableTest, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(printable("a\nb\x1b[2J\x7f\xC2\x9B\xC3\xA9"), "a b [2J  \xC3\xA9");
}

}  // namespace
}  // namespace gw::cli
