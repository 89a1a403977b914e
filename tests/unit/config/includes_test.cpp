#include "config/includes.hpp"

#include "config/edit.hpp"
#include "config/read_file.hpp"
#include "unit/config/support.hpp"

namespace gw::config {
namespace {

struct IncludesTest : testing::Test {
  TemporaryDirectory directory;
  std::filesystem::path dir = directory.path() / "state";
  Paths paths{.profile = {}, .state_dir = dir, .config_file = dir / "openclaw.json"};
  Variables variables{{"HOME", "/home/ada"}};

  IncludesTest() { std::filesystem::create_directory(dir); }

  void write(const std::string& name, std::string_view text) {
    std::filesystem::create_directories((dir / name).parent_path());
    write_text(dir / name, text);
  }
  Loaded read(std::string_view text) {
    write("openclaw.json", text);
    return load(paths, environment_of(variables)).value();
  }
  std::string source(std::string_view text) {
    const Loaded loaded = read(text);
    EXPECT_EQ(issues(loaded), "");
    return json::serialize(loaded.config.source);
  }
  std::string problem(std::string_view text) { return listed(read(text).issues); }
};

TEST_F(IncludesTest, AFileTakesAsMuchMemoryAsItIsLong) {
  write("small.json5", "{}");
  EXPECT_LT((*read_whole_file(dir / "small.json5", 4'194'304))->capacity(), 100'000U);
  write("large.json5", std::string(100'000, ' '));
  EXPECT_EQ((*read_whole_file(dir / "large.json5", 100'000))->size(), 100'000U);
  EXPECT_FALSE(read_whole_file(dir / "large.json5", 99'999).has_value());
}

TEST_F(IncludesTest, OneFileStandsInPlaceOfTheObject) {
  write("parts/gateway.json5", "{port: 4711, /* here */ auth: {$include: './auth.json'}}");
  write("parts/auth.json", R"({"token": "${T}"})");
  variables["T"] = "from the environment";
  const Loaded loaded = read("{gateway: {$include: 'parts/gateway.json5'}}");
  EXPECT_EQ(issues(loaded), "");
  EXPECT_EQ(loaded.config.port, 4711);
  EXPECT_EQ(loaded.config.token.reveal(), "from the environment");
  EXPECT_EQ(loaded.config.files,
            (std::vector{dir / "openclaw.json", dir / "parts/gateway.json5", dir / "parts/auth.json"}));
  EXPECT_EQ(loaded.config.raw, "{gateway: {$include: 'parts/gateway.json5'}}");
}

TEST_F(IncludesTest, SeveralAreMergedAndOwnKeysWin) {
  write("a.json", "{env: {A: '1', B: '1'}, gateway: {controlUi: {allowedOrigins: ['a']}}}");
  write("b.json", "{env: {B: '2', C: '2'}, gateway: {controlUi: {allowedOrigins: ['b']}}}");
  EXPECT_EQ(source("{$include: ['a.json', 'b.json'], env: {C: '3'}}"),
            R"({"env":{"A":"1","B":"2","C":"3"},"gateway":{"controlUi":{"allowedOrigins":["a","b"]}}})");
  EXPECT_EQ(source("{$include: []}"), "{}");
}

TEST_F(IncludesTest, AnythingMayBeIncludedWhereNothingStandsBeside) {
  write("origins.json", "['x']");
  EXPECT_EQ(source("{gateway: {controlUi: {allowedOrigins: {$include: 'origins.json'}}}}"),
            R"({"gateway":{"controlUi":{"allowedOrigins":["x"]}}})");
  EXPECT_EQ(problem("{gateway: {$include: 'origins.json', port: 1}}"),
            "- gateway.$include: what is included beside other keys must be an object (line 1, column 12)");
}

TEST_F(IncludesTest, WhatIsNoNameIsRefused) {
  for (const char* name : {"1", "{}", "['a.json', 1]", "''", "' '"}) {
    EXPECT_TRUE(
        problem("{env: {$include: " + std::string(name) + "}}").contains("expected the name of a file"))
        << name;
  }
  EXPECT_TRUE(problem("{$include: '" + std::string(kIncludePathMax, 'x') + "'}").contains("too long"));
}

TEST_F(IncludesTest, FilesThatCannotBeReadAreNamed) {
  EXPECT_EQ(problem("{\n env: {$include: 'none.json'}}"),
            "- env.$include: " + (dir / "none.json").string() + " does not exist (line 2, column 8)");
  std::filesystem::create_directory(dir / "dir.json");
  EXPECT_TRUE(problem("{env: {$include: 'dir.json'}}").contains("not a regular file"));
  write("bad.json", "{\n  a: }");
  EXPECT_TRUE(
      problem("{env: {$include: 'bad.json'}}").contains((dir / "bad.json").string() + ", line 2, column 6"));
  write("large.json", "{} " + std::string(kIncludedBytesMax - 2, ' '));
  EXPECT_TRUE(problem("{env: {$include: 'large.json'}}").contains("larger than 2097152 bytes"));
  write("large.json", "{}" + std::string(kIncludedBytesMax - 2, ' '));
  EXPECT_EQ(problem("{env: {$include: 'large.json'}}"), "");
}

TEST_F(IncludesTest, ACircleIsFound) {
  write("a.json", "{$include: 'b.json'}");
  write("b.json", "{vars: {$include: 'a.json'}}");
  EXPECT_TRUE(problem("{env: {$include: 'a.json'}}").contains("a.json is included by itself"));
  EXPECT_TRUE(problem("{env: {$include: 'openclaw.json'}}").contains("included by itself"));
}

TEST_F(IncludesTest, TenLevelsAreEnough) {
  for (int i = 1; i <= 11; ++i) {
    write(std::to_string(i) + ".json", i == 11 ? "{}" : "{$include: '" + std::to_string(i + 1) + ".json'}");
  }
  write("10.json", "{}");
  EXPECT_EQ(problem("{env: {$include: '1.json'}}"), "");
  write("10.json", "{$include: '11.json'}");
  EXPECT_TRUE(problem("{env: {$include: '1.json'}}").contains("more than 10 levels"));
}

TEST_F(IncludesTest, FilesThatIncludeMoreAndMoreComeToAnEnd) {
  for (int i = 1; i <= 9; ++i) {
    const std::string next = "'" + std::to_string(i + 1) + ".json'";
    write(std::to_string(i) + ".json", "{$include: [" + next + "," + next + "," + next + "]}");
  }
  write("10.json", "{}");
  EXPECT_TRUE(problem("{env: {$include: '1.json'}}").contains("more than 256 files are included"));
}

TEST_F(IncludesTest, StaysInsideOfItsDirectories) {
  write_text(directory.path() / "outside.json", "{A: '1'}");
  const std::string outside = (directory.path() / "outside.json").string();
  std::filesystem::create_symlink(outside, dir / "link.json");
  for (const std::string& name : {std::string("../outside.json"), outside, std::string("link.json"),
                                  std::string("parts/../../outside.json"), std::string("../none.json")}) {
    EXPECT_TRUE(problem("{env: {$include: '" + name + "'}}").contains("is outside of the directory")) << name;
  }
  variables["OPENCLAW_INCLUDE_ROOTS"] = "relative::" + directory.path().string() + "/";
  EXPECT_EQ(problem("{env: {$include: 'link.json'}}"), "");
  EXPECT_EQ(problem("{env: {$include: '" + outside + "'}}"), "");
}

TEST_F(IncludesTest, ALinkInsideIsFollowed) {
  write("real/a.json", "{$include: 'b.json'}");
  write("real/b.json", "{A: '1'}");
  std::filesystem::create_symlink("real/a.json", dir / "a.json");
  EXPECT_EQ(source("{env: {$include: 'a.json'}}"), R"({"env":{"A":"1"}})");
}

TEST_F(IncludesTest, AFaultIsPlacedInItsFile) {
  write("gateway.json", "{\n  prot: 1,\n  auth: {\n    mode: 'x' } }");
  EXPECT_EQ(
      problem("{\n\n  gateway: {$include: ['gateway.json'], tls: 1}, models: {providers: {'a.b': {}}}, "
              "ports: 1}"),
      "- gateway.prot: Unrecognized key (gateway.json, line 2, column 3)\n"
      "- gateway.auth.mode: expected one of: none, token, password, trusted-proxy (gateway.json, line 4, "
      "column 5)\n"
      "- gateway.tls: expected an object (line 3, column 41)\n"
      "- models.providers.a.b.baseUrl: this key is required (line 3, column 71)\n"
      "- ports: Unrecognized key (line 3, column 84)");
  EXPECT_EQ(problem("{agents: {list: [{id: 'a'},\n {id: 1}]}}"),
            "- agents.list.1.id: expected a text that is not blank (line 2, column 3)");
  EXPECT_EQ(
      problem("{\n '': 1,\n gateway: {'': 1}}"),
      "- \"\": Unrecognized key (line 2, column 2)\n- gateway.\"\": Unrecognized key (line 3, column 12)");
  variables["OPENCLAW_GATEWAY_TOKEN"] = "null";
  EXPECT_EQ(problem("{}"), "- gateway.auth.token: \"null\" is a placeholder, not usable as a secret");
}

struct EditPlaceTest : IncludesTest {
  std::string place(std::string_view text, const std::vector<std::string>& names) {
    const auto found = place_to_edit(text, paths, environment_of(variables), names);
    if (!found) return found.error().message;
    std::string all = found->file.lexically_relative(dir).string() + ":";
    for (const std::string& name : found->names) all += " " + name;
    return all;
  }
};

TEST_F(EditPlaceTest, IsTheMainFileUnlessTheSectionIsOneIncludedFile) {
  write("gateway.json", "{auth: {token: 'x'}}");
  const std::string text = "{gateway: {$include: 'gateway.json'}, env: {A: '1'}}";
  EXPECT_EQ(place(text, {"env", "A"}), "openclaw.json: env A");
  EXPECT_EQ(place(text, {"new", "key"}), "openclaw.json: new key");
  EXPECT_EQ(place(text, {"gateway", "port"}), "gateway.json: port");
  EXPECT_EQ(place(text, {"gateway", "auth", "token"}), "gateway.json: auth token");
  EXPECT_EQ(place("{", {"gateway", "port"}), "openclaw.json: gateway port");
  EXPECT_EQ(place(text, {}), "openclaw.json:");
}

TEST_F(EditPlaceTest, IsForPeopleToSayOtherwise) {
  write("a.json", "{auth: {$include: 'b.json'}, port: 1}");
  const std::string refused =
      "gateway.auth.token comes from or holds an $include; only a key of a section that is one included file "
      "can "
      "be changed here: edit the files by hand";
  for (const char* text :
       {"{$include: 'a.json'}", "{gateway: {$include: ['a.json']}}",
        "{gateway: {$include: 'a.json', port: 1}}", "{gateway: {auth: {$include: 'a.json'}}}",
        "{gateway: {$include: 'a.json'}}", "{gateway: {auth: {token: [{$include: 'a.json'}]}}}"}) {
    EXPECT_EQ(place(text, {"gateway", "auth", "token"}), refused) << text;
  }
  EXPECT_TRUE(place("{gateway: {$include: 'a.json'}}", {"gateway"}).starts_with("gateway comes from"));
  EXPECT_TRUE(place("{agents: {list: [{$include: 'a.json'}]}}", {"agents", "list", "0", "id"})
                  .starts_with("agents.list.0.id comes from"));
  EXPECT_TRUE(place("{gateway: {$include: '../a.json'}}", {"gateway", "port"}).contains("is outside"));
  EXPECT_TRUE(place("{gateway: {$include: 'none.json'}}", {"gateway", "port"}).contains("does not exist"));
}

}  // namespace
}  // namespace gw::config
