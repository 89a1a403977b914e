#include "unit/config/support.hpp"

namespace gw::config {
namespace {

Loaded with_provider(const std::string& text) {
  return check("{models: {providers: {lm: " + text + "}}}", {{"KEY", "k-1"}, {"HOST", "box"}});
}

TEST(ProvidersTest, ReadsEverythingOfAProvider) {
  const Loaded loaded = with_provider(R"({
    baseUrl: "http://${HOST}:1234/v1", api: "openai-completions", apiKey: "${KEY}", timeoutSeconds: 5,
    headers: { "X-Title": "mine", Authorization: { source: "env", provider: "default", id: "KEY" } },
    models: [{ id: "a", name: "A", reasoning: true, contextWindow: 100, maxTokens: 10 }, { id: "b" }] })");
  EXPECT_EQ(issues(loaded), "");
  ASSERT_EQ(loaded.config.providers.size(), 1u);
  const ProviderEntry& entry = loaded.config.providers[0];
  EXPECT_EQ(entry.id, "lm");
  EXPECT_EQ(entry.base_url, "http://box:1234/v1");
  EXPECT_EQ(entry.api, "openai-completions");
  EXPECT_EQ(entry.api_key.reveal(), "k-1");
  EXPECT_EQ(entry.timeout, Millis{5'000});
  ASSERT_EQ(entry.headers.size(), 2u);
  EXPECT_EQ(entry.headers[0].first, "X-Title");
  EXPECT_EQ(entry.headers[0].second.reveal(), "mine");
  EXPECT_EQ(entry.headers[1].second.reveal(), "k-1");
  ASSERT_EQ(entry.models.size(), 2u);
  EXPECT_EQ(entry.models[0].name, "A");
  EXPECT_TRUE(entry.models[0].reasoning);
  EXPECT_EQ(entry.models[0].context_window, 100);
  EXPECT_EQ(entry.models[0].max_tokens, 10);
  EXPECT_EQ(entry.models[1].name, "b");
  EXPECT_EQ(entry.models[1].max_tokens, 0);
}

TEST(ProvidersTest, AssumesTheCompletionsApi) {
  const Loaded loaded = with_provider("{baseUrl: 'https://x'}");
  EXPECT_EQ(issues(loaded), "");
  EXPECT_EQ(loaded.config.providers[0].api, "openai-completions");
  EXPECT_EQ(loaded.config.providers[0].timeout, Millis{120'000});
  EXPECT_TRUE(loaded.config.providers[0].api_key.empty());
}

TEST(ProvidersTest, RefusesOtherApisWithWhatIsSupported) {
  EXPECT_EQ(issues(with_provider("{baseUrl: 'https://x', api: 'anthropic-messages'}")),
            "models.providers.lm.api: \"anthropic-messages\" is not supported in this release: use "
            "\"openai-completions\"\n");
}

TEST(ProvidersTest, NeedAnHttpUrl) {
  EXPECT_EQ(issues(with_provider("{}")), "models.providers.lm.baseUrl: this key is required\n");
  EXPECT_EQ(issues(with_provider("{baseUrl: 'ws://x'}")),
            "models.providers.lm.baseUrl: expected a URL that begins with http:// or https://\n");
  EXPECT_EQ(issues(with_provider("{baseUrl: 'http://${NOT_THERE}'}")),
            "models.providers.lm.baseUrl: the environment variable NOT_THERE is not set\n");
  EXPECT_EQ(issues(with_provider("1")), "models.providers.lm: expected an object\n");
}

TEST(ProvidersTest, NameTheSecretThatIsMissing) {
  EXPECT_EQ(
      issues(with_provider("{baseUrl: 'http://x', apiKey: '$NOT_THERE', headers: {A: '${NOR_THIS}', B: 1}}")),
      "models.providers.lm.headers.B: expected a text or a secret reference {source, provider, id}\n"
      "models.providers.lm.headers.A: the environment variable NOR_THIS is not set\n"
      "models.providers.lm.apiKey: the environment variable NOT_THERE is not set\n");
}

TEST(ProvidersTest, NeedAnIdForEveryModel) {
  EXPECT_EQ(issues(with_provider("{baseUrl: 'http://x', models: [{name: 'a'}, {id: ' '}, 'b']}")),
            "models.providers.lm.models.0.id: this key is required\n"
            "models.providers.lm.models.1.id: expected a text that is not blank\n"
            "models.providers.lm.models.2: expected an object\n");
}

}  // namespace
}  // namespace gw::config
