#include "config/schema.hpp"
#include "unit/config/support.hpp"

namespace gw::config {
namespace {

// `models.providers.*.models.*.id` is `models.providers.<id>.models[].id` for people.
std::string documented_name(std::string_view path) {
  std::string name(path);
  const auto replace = [&](std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = name.find(from, at)) != std::string::npos; at += to.size()) {
      name.replace(at, from.size(), to);
    }
  };
  replace("models.*.", "models[].");
  replace("list.*.", "list[].");
  replace("providers.*", "providers.<id>");
  replace("entries.*", "entries.<id>");
  replace(".*", ".<name>");
  return name;
}

TEST(ConfigurationDocumentTest, DescribesEveryKeyThatWeActOn) {
  const std::string document = read_text(GW_CONFIGURATION_DOC);
  ASSERT_FALSE(document.empty());
  for (const Key& key : schema()) {
    EXPECT_TRUE(document.contains("`" + documented_name(key.path) + "`")) << key.path;
  }
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
