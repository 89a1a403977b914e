#include "config/edit.hpp"

#include <gtest/gtest.h>

namespace gw::config {
namespace {

using Names = std::vector<std::string>;

TEST(ConfigPath, NamesTheWayToAKey) {
  EXPECT_EQ(parse_path("gateway.port"), Names({"gateway", "port"}));
  EXPECT_EQ(parse_path("agents.list[0].id"), Names({"agents", "list", "0", "id"}));
  EXPECT_EQ(parse_path("agents.list.0.id"), Names({"agents", "list", "0", "id"}));
  EXPECT_EQ(parse_path("models.providers[\"a.b\"]['c'].api"),
            Names({"models", "providers", "a.b", "c", "api"}));
}

TEST(ConfigPath, RefusesEverythingElse) {
  for (const char* bad :
       {"", ".", "a..b", "a.", ".a", "a[", "a[x]", "a[]", "a[\"\"]", "a.[0]", "a[1", "[-1]"}) {
    EXPECT_FALSE(parse_path(bad)) << bad;
  }
}

TEST(ConfigValue, IsWhatPeopleMean) {
  EXPECT_EQ(typed_value("8"), json::Value(8));
  EXPECT_EQ(typed_value("true"), json::Value(true));
  EXPECT_EQ(typed_value("'8'"), json::Value("8"));
  EXPECT_EQ(typed_value("{a:1}"), json::Value(json::Object{{"a", 1}}));
  EXPECT_EQ(typed_value("hello there"), json::Value("hello there"));
  EXPECT_EQ(typed_value("${TOKEN}"), json::Value("${TOKEN}"));
}

TEST(ConfigIssues, OnlyNewOnesStandInTheWay) {
  const Issue port{"gateway.port", "bad"};
  const Issue mode{"gateway.mode", "bad"};
  EXPECT_TRUE(new_issues({port, mode}, {mode}).empty());
  EXPECT_EQ(listed(new_issues({port}, {port, mode, {"", "worse"}})), "- gateway.mode: bad\n- <root>: worse");
}

TEST(ConfigJsonSchema, HasEveryKindOfKey) {
  const json::Value schema = json_schema();
  const auto at = [&](const char* pointer) { return json::serialize(schema.at_pointer(pointer)); };
  EXPECT_EQ(
      at("/properties/gateway/properties/mode"),
      R"({"enum":["local","remote"],"title":"gateway.mode","description":"`gateway run` wants `local`"})");
  EXPECT_EQ(at("/properties/gateway/properties/port/type"), R"("integer")");
  EXPECT_EQ(at("/properties/gateway/properties/port/maximum"), "65535");
  EXPECT_EQ(at("/properties/gateway/properties/port/default"), "18789");
  EXPECT_TRUE(
      at("/properties/gateway/properties/reload/properties/debounceMs/description").ends_with(" (ms)\""));
  EXPECT_EQ(at("/properties/agents/properties/list/items/properties/default/default"), "false");
  EXPECT_EQ(at("/properties/agents/properties/list/items/required"), R"(["id"])");
  EXPECT_EQ(at("/properties/models/properties/providers/additionalProperties/required"), R"(["baseUrl"])");
  EXPECT_EQ(
      at("/properties/models/properties/providers/additionalProperties/properties/timeoutSeconds/minimum"),
      "1");
  EXPECT_EQ(at("/properties/gateway/properties/auth/properties/token/anyOf/1/required"),
            R"(["source","id"])");
}

}  // namespace
}  // namespace gw::config
