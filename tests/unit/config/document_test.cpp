#include "config/key_tables.hpp"
#include "unit/config/support.hpp"

namespace gw::config {
namespace {

TEST(KeyTablesTest, AreWhatTheTableOfKeysSays) {
  const std::string page = read_text(GW_CONFIGURATION_DOC);
  const auto written = with_key_tables(page);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(*written, page) << "run script/docs";
}

TEST(KeyTablesTest, HaveTypeUnitDefaultAndMeaning) {
  const std::string page = read_text(GW_CONFIGURATION_DOC);
  for (const char* row : {"| `gateway.port` | 1 to 65535 | 18789 | listener |",
                          "| `gateway.mode` | `local` or `remote` | | start | `gateway run` wants `local` |",
                          "| `gateway.reload.debounceMs` | 0 to 60000 ms | 300 | at once |",
                          "| `gateway.auth.token` | secret | | auth |",
                          "| `commands.restart` | true or false | true | at once |",
                          "| `agents.list[].id` | text | required | the agent's name",
                          "| `logging.level` | `silent`, `fatal`, `error`, `warn`, `info`, `debug` or "
                          "`trace` | `info` | of the file",
                          "| `models.providers.<id>.models` | list of objects | `[]` | the models",
                          "| `secrets.providers.<id>.noOutputTimeoutMs` | 1 to 120000 ms | `timeoutMs` |"}) {
    EXPECT_TRUE(page.contains(row)) << row;
  }
}

TEST(KeyTablesTest, RefuseAPageThatLeavesKeysOut) {
  const auto problem = [](std::string_view page) { return with_key_tables(page).error().message; };
  EXPECT_TRUE(problem("# Configuration\n").starts_with("0 of "));
  EXPECT_EQ(problem("<!-- keys: gateway -->\n"), "a block of keys has no line `<!-- end of keys -->`");
  EXPECT_EQ(problem("<!-- keys: gatewy -->\n<!-- end of keys -->\n"), "there are no keys below gatewy");
}

TEST(ConfigurationDocumentTest, ShowsACompleteFileThatIsRight) {
  const std::string document = read_text(GW_CONFIGURATION_DOC);
  std::size_t examples = 0;
  for (std::size_t at = 0; (at = document.find("```json5\n", at)) != std::string::npos; ++examples) {
    at += 9;
    const Loaded loaded = check(document.substr(at, document.find("```", at) - at),
                                {{"LMSTUDIO_API_KEY", "k"}, {"GATEWAY_TOKEN", "t"}});
    EXPECT_EQ(issues(loaded), "");
    EXPECT_TRUE(loaded.config.ignored.empty());
  }
  EXPECT_GE(examples, 2u);
}

}  // namespace
}  // namespace gw::config
