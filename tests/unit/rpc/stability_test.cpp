#include "rpc/stability.hpp"

#include <gtest/gtest.h>

namespace gw::rpc {
namespace {

class StabilityTest : public testing::Test {
 protected:
  json::Object all() { return ring_.snapshot({.limit = StabilityRing::kCapacity}); }

  StabilityRing ring_{[] { return UnixMillis{1'000}; }};
  NullLog null_;
  StabilityLog log_{null_, ring_};
};

TEST_F(StabilityTest, AnEmptyRingSaysSo) {
  EXPECT_EQ(json::Value(all()),
            json::parse(R"({"generatedAt":"1970-01-01T00:00:01.000Z","capacity":1000,"count":0,
      "dropped":0,"firstSeq":null,"lastSeq":null,"events":[],"summary":{"byType":{}}})")
                .value());
}

TEST_F(StabilityTest, TheNewestEventsThatMatchAreShownInOrder) {
  ring_.record("a", {{"n", 1}});
  ring_.record("b", {});
  ring_.record("a", {{"n", 3}});
  ring_.record("a", {{"n", 4}});
  const json::Object answer = ring_.snapshot({.limit = 2, .type = "a", .since_seq = 1});
  EXPECT_EQ(answer.at("events"), json::parse(R"([{"seq":3,"ts":1000,"type":"a","n":3},
      {"seq":4,"ts":1000,"type":"a","n":4}])")
                                     .value());
  EXPECT_EQ(answer.at("summary"), json::parse(R"({"byType":{"a":2}})").value());
  EXPECT_EQ(ring_.snapshot({.limit = 1}).at("events").at(0).at("seq"), 4);
}

TEST_F(StabilityTest, AFullRingDropsTheOldestAndCountsThem) {
  for (std::size_t i = 0; i < StabilityRing::kCapacity + 5; ++i) ring_.record("a", {});
  const json::Object answer = all();
  EXPECT_EQ(answer.at("count"), 1'000);
  EXPECT_EQ(answer.at("dropped"), 5);
  EXPECT_EQ(answer.at("firstSeq"), 6);
  EXPECT_EQ(answer.at("lastSeq"), 1'005);
}

TEST_F(StabilityTest, WarningsAndErrorsAreRecordedByTheirFixedWordsAlone) {
  log_.info("gateway", "ready");
  log_.warn("gateway", "restart blocked by active background task run(s): the title of a task");
  log_.error("store", "cannot commit; work is refused until this ends", {{"error", "disk full"}});
  EXPECT_EQ(all().at("events"), json::parse(R"x([
              {"seq":1,"ts":1000,"type":"gateway.warning","subsystem":"gateway",
               "what":"restart blocked by active background task run(s)"
},
              {"seq":2,"ts":1000,"type":"gateway.error","subsystem":"store",
               "what":"cannot commit; work is refused until this ends"}])x")
                                    .value());
}

}  // namespace
}  // namespace gw::rpc
