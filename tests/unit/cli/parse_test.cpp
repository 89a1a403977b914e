#include "cli/parse.hpp"

#include <map>

#include <gtest/gtest.h>

namespace gw::cli {
namespace {

Result<Parsed> parsed(std::vector<std::string> words) { return parse(words, commands()); }

std::string problem(std::vector<std::string> words) {
  const auto result = parsed(std::move(words));
  EXPECT_FALSE(result.has_value());
  return result ? "" : result.error().message;
}

TEST(ParseTest, ABareGatewayIsARun) {
  const auto bare = parsed({"gateway"});
  const auto run = parsed({"gateway", "run"});
  ASSERT_TRUE(bare && run);
  EXPECT_EQ(bare->command->run, run->command->run);
}

TEST(ParseTest, OptionsOfTheParentAreInherited) {
  EXPECT_TRUE(parsed({"gateway", "--force", "restart"})->args.has("--force"));
  EXPECT_EQ(parsed({"gateway", "--port", "1234", "status"})->args.text("--port"), "1234");
  EXPECT_EQ(parsed({"gateway", "--token", "X", "call", "health"})->args.text("--token"), "X");
  EXPECT_EQ(parsed({"gateway", "--password=X", "call", "health"})->args.text("--password"), "X");
  EXPECT_TRUE(parsed({"daemon", "--json", "status"})->args.has("--json"));
  EXPECT_EQ(parsed({"daemon", "--json", "status"})->command->path, "daemon status");
  EXPECT_EQ(parsed({"gateway", "--port", "1234", "status"})->command->path, "gateway status");
}

TEST(ParseTest, TheCommandsOwnOptionWinsOverTheParents) {
  EXPECT_EQ(parsed({"gateway", "--port", "1", "status", "--port", "2"})->args.text("--port"), "2");
}

TEST(ParseTest, AValueMayFollowAnEqualsSign) {
  EXPECT_EQ(parsed({"gateway", "run", "--port=7"})->args.text("--port"), "7");
  EXPECT_EQ(problem({"gateway", "restart", "--force=yes"}), "option '--force' takes no value");
}

TEST(ParseTest, AValueMayLookLikeAnOption) {
  EXPECT_EQ(parsed({"agent", "--message", "--hello"})->args.text("--message"), "--hello");
}

TEST(ParseTest, AnUnknownOptionIsNamedWithASuggestion) {
  EXPECT_EQ(problem({"gateway", "restart", "--saef"}), "unknown option '--saef'\n(Did you mean --safe?)");
  EXPECT_EQ(problem({"gateway", "restart", "--x"}), "unknown option '--x'");
}

TEST(ParseTest, AnOptionOfAnotherCommandIsUnknown) {
  EXPECT_EQ(problem({"health", "--safe"}).substr(0, 23), "unknown option '--safe'");
  EXPECT_EQ(problem({"gateway", "--safe", "status"}).substr(0, 23), "unknown option '--safe'");
}

TEST(ParseTest, AnUnknownCommandIsNamedWithASuggestion) {
  EXPECT_EQ(problem({"gatway"}), "unknown command 'gatway'\n(Did you mean gateway?)");
  EXPECT_EQ(problem({"gateway", "restrat"}), "unknown command 'restrat'\n(Did you mean restart?)");
}

TEST(ParseTest, MissingValuesAndOperandsAreNamed) {
  EXPECT_EQ(problem({"gateway", "run", "--port"}), "option '--port <n>' argument missing");
  EXPECT_EQ(problem({"gateway", "call"}), "missing required argument 'method'");
  EXPECT_EQ(problem({"gateway", "call", "a", "b"}), "too many arguments: 'b'");
}

TEST(ParseTest, AnOperandIsTaken) {
  const auto call = parsed({"gateway", "call", "health", "--params", "{}"});
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->args.operands(), std::vector<std::string>{"health"});
}

TEST(ParseTest, DevIsAProfileBeforeTheCommandAndAFlagOfRunAfterIt) {
  EXPECT_TRUE(parsed({"--dev", "gateway"})->root.has("--dev"));
  EXPECT_TRUE(parsed({"gateway", "--dev"})->args.has("--dev"));
  EXPECT_TRUE(parsed({"health", "--no-color", "--profile", "p"})->root.has("--no-color"));
}

TEST(ParseTest, AGroupAloneAsksForHelp) {
  EXPECT_TRUE(parsed({"daemon"})->wants_help);
  EXPECT_TRUE(parsed({"config"})->wants_help);
  EXPECT_TRUE(parsed({"gateway", "restart", "-h"})->wants_help);
  EXPECT_EQ(problem({"config", "--json"}), "missing command after 'config'");
}

TEST(ParseTest, AnOptionTakesAValueInEveryCommandOrInNone) {
  std::map<std::string_view, bool> takes_value;
  for (const Command& command : commands()) {
    for (const Option& option : command.options) {
      const auto at = takes_value.emplace(option.name, !option.value.empty()).first;
      EXPECT_EQ(at->second, !option.value.empty()) << command.path << " " << option.name;
    }
  }
}

}  // namespace
}  // namespace gw::cli
