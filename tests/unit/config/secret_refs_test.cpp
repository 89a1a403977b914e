#include "config/secret_refs.hpp"

#include "unit/config/support.hpp"

namespace gw::config {
namespace {

constexpr std::string_view kProviders = R"(secrets: { providers: {
  files: { source: 'file', path: '/etc/${WHERE}' },
  one: { source: 'file', path: '~/token', mode: 'singleValue' },
  vault: { source: 'exec', command: '/bin/vault', args: ['-x', '${WHERE}'] },
  shell: { source: 'env', allowlist: ['MY_TOKEN'] },
  nowhere: { source: 'file' },
} })";

std::string file_with(const std::string& reference, const std::string& more = {}) {
  return "{gateway: {auth: {token: " + reference + "}}, " + std::string(kProviders) + more + "}";
}

std::string problem(const std::string& reference) {
  std::string text =
      issues(check(file_with(reference), {{"MY_TOKEN", "abc"}, {"OTHER", "x"}, {"WHERE", "here"}}));
  if (text.starts_with("gateway.auth.token: ")) text.erase(0, 20);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

/// Answers every id with `answer`, or with an error when that is empty, and keeps what it was asked.
struct Provider {
  std::string answer;
  std::vector<SecretQuery> asked;

  SecretAccess access(std::string below = {}) {
    return {[this](const SecretQuery& query) {
              asked.push_back(query);
              SecretAnswers answers;
              for (const std::string& id : query.ids) {
                if (answer.empty()) {
                  answers.emplace(id, fail(Code::Unavailable, "it is locked"));
                } else {
                  answers.emplace(id, Secret(answer));
                }
              }
              return answers;
            },
            std::move(below)};
  }
};

TEST(SecretRefTest, HasAFormAndNothingElse) {
  const std::string wrong =
      "expected a secret reference {source, provider, id} whose source is \"env\", \"file\" or \"exec\"";
  for (const std::string text :
       {"{}", "{source: 'env'}", "{source: 'store', provider: 'vault', id: 'a'}",
        "{source: 'env', provider: 'default', id: 'A', token: 'x'}", "{source: 1, id: 2}"}) {
    EXPECT_EQ(problem(text), wrong) << text;
  }
}

TEST(SecretRefTest, ChecksTheIdAgainstItsSource) {
  for (const std::string id : {"lower", "_A", "1A", "A-B"}) {
    EXPECT_TRUE(problem("{source: 'env', id: '" + id + "'}").contains("must name an environment variable"))
        << id;
  }
  for (const std::string id : {"a", "/a~", "/a~2", "value"}) {
    EXPECT_TRUE(problem("{source: 'file', provider: 'files', id: '" + id + "'}").contains("JSON pointer"))
        << id;
  }
  EXPECT_TRUE(problem("{source: 'file', provider: 'one', id: '/a'}").contains("must be \"value\""));
  for (const std::string id : {".a", "a/../b", "a/./b", "a b", "a/.."}) {
    EXPECT_TRUE(problem("{source: 'exec', provider: 'vault', id: '" + id + "'}").contains("up to 256")) << id;
  }
  for (const std::string reference : {"{source: 'file', provider: 'files', id: '/a~0b~1c/0'}",
                                      "{source: 'file', provider: 'one', id: 'value'}",
                                      "{source: 'exec', provider: 'vault', id: 'op://Home/..x/#a:b_c.d-e'}",
                                      "{source: 'env', provider: 'shell', id: 'MY_TOKEN'}"}) {
    EXPECT_EQ(problem(reference), "") << reference;
  }
}

TEST(SecretRefTest, ChecksTheProvider) {
  EXPECT_EQ(problem("{source: 'exec', provider: 'none', id: 'a'}"),
            "the provider \"none\" is not configured: add secrets.providers.none");
  EXPECT_EQ(problem("{source: 'file', id: '/a'}"),
            "the provider \"default\" is not configured: add secrets.providers.default");
  EXPECT_EQ(problem("{source: 'exec', provider: 'files', id: 'a'}"),
            "the provider \"files\" has source \"file\", the reference \"exec\"");
  EXPECT_EQ(problem("{source: 'file', provider: 'nowhere', id: '/a'}"),
            "the provider \"nowhere\" has no path");
  EXPECT_TRUE(problem("{source: 'exec', provider: 'Vault', id: 'a'}").contains("begins with a small letter"));
  EXPECT_EQ(problem("{source: 'env', provider: 'shell', id: 'OTHER'}"),
            "the variable is not on the allowlist of the provider \"shell\"");
}

TEST(SecretRefTest, TakesTheProviderOfItsSourceWhenItNamesNone) {
  Provider provider{"found", {}};
  const Loaded loaded = check(
      "{gateway: {auth: {token: {source: 'exec', id: 'a'}}}, secrets: {defaults: {exec: 'vault'}, "
      "providers: {vault: {source: 'exec', command: '/bin/vault'}}}}",
      {}, {}, provider.access());
  EXPECT_EQ(issues(loaded), "");
  EXPECT_EQ(loaded.config.token.reveal(), "found");
}

TEST(SecretRefTest, IsAskedOnceForEachProviderWithVariablesFilledIn) {
  Provider provider{" found\n", {}};
  const std::string models =
      ", models: {providers: {lm: {baseUrl: 'http://x', apiKey: {source: 'exec', provider: 'vault', id: 'b'},"
      " headers: {h: {source: 'exec', provider: 'vault', id: 'a'}}}}}";
  const Loaded loaded = check(file_with("{source: 'exec', provider: 'vault', id: 'a'}", models),
                              {{"WHERE", "here"}}, {}, provider.access());
  EXPECT_EQ(issues(loaded), "");
  EXPECT_EQ(loaded.config.token.reveal(), "found");
  EXPECT_EQ(loaded.config.providers.at(0).api_key.reveal(), "found");
  EXPECT_EQ(loaded.config.providers.at(0).headers.at(0).second.reveal(), "found");
  ASSERT_EQ(provider.asked.size(), 1u);
  EXPECT_EQ(provider.asked[0].ids, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(json::serialize(provider.asked[0].definition.at("args")), R"(["-x","here"])");
}

TEST(SecretRefTest, ThatFailsIsAnIssueAtItsPlaceAndNothingIsUsedInstead) {
  Provider provider;
  const Loaded loaded =
      check(file_with("{source: 'exec', provider: 'vault', id: 'a'}"),
            {{"WHERE", "here"}, {"OPENCLAW_GATEWAY_TOKEN", "other"}}, {}, provider.access());
  EXPECT_EQ(issues(loaded),
            "gateway.auth.token: the secret cannot be had from the provider \"vault\": it is locked\n");
  EXPECT_TRUE(loaded.config.token.empty());
}

TEST(SecretRefTest, ThatGivesAPlaceholderFails) {
  Provider provider{"null", {}};
  EXPECT_FALSE(check(file_with("{source: 'exec', provider: 'vault', id: 'a'}"), {{"WHERE", "here"}}, {},
                     provider.access())
                   .issues.empty());
}

TEST(SecretRefTest, IsLeftAloneWhereNobodyUsesIt) {
  Provider provider{"found", {}};
  const std::string inactive =
      "{gateway: {mode: 'local', auth: {token: 'x', mode: 'token', password: {source: 'exec', provider: "
      "'vault', id: 'a'}}, remote: {token: {source: 'exec', provider: 'vault', id: 'b'}}}, " +
      std::string(kProviders) + "}";
  EXPECT_EQ(issues(check(inactive, {{"WHERE", "here"}}, {}, provider.access())), "");
  EXPECT_TRUE(provider.asked.empty());
}

TEST(SecretRefTest, OfAnotherPartIsNotLookedUpForTheKeeper) {
  Provider provider{"found", {}};
  const Loaded loaded =
      check(file_with("'plain'",
                      ", models: {providers: {lm: {baseUrl: 'http://x', apiKey: {source: 'exec', provider: "
                      "'vault', id: 'b'}}}}"),
            {{"WHERE", "here"}}, {}, provider.access("gateway.auth"));
  EXPECT_EQ(issues(loaded), "");
  EXPECT_TRUE(provider.asked.empty());
}

TEST(SecretRefTest, IsFollowedOnDemand) {
  const Variables variables{{"MY_TOKEN", "abc"}, {"WHERE", "here"}};
  const auto at = [&](const std::string& token, Provider& provider) {
    const Loaded loaded = check(file_with(token), variables);
    return secret_at(loaded.config, "gateway.auth.token", environment_of(variables),
                     provider.access().look_up);
  };
  Provider provider{"found", {}};
  EXPECT_EQ(at("'plain'", provider)->reveal(), "plain");
  EXPECT_EQ(at("'$MY_TOKEN'", provider)->reveal(), "abc");
  EXPECT_EQ(at("'x${NOT_THERE}'", provider)->reveal(), "");
  EXPECT_EQ(at("'undefined'", provider)->reveal(), "");
  EXPECT_EQ(at("7", provider)->reveal(), "");
  EXPECT_TRUE(provider.asked.empty());
  EXPECT_EQ(at("{source: 'exec', provider: 'vault', id: 'a'}", provider)->reveal(), "found");
  EXPECT_EQ(at("'${NOT_THERE}'", provider).error().message, "the environment variable NOT_THERE is not set");
  provider.answer.clear();
  EXPECT_TRUE(
      at("{source: 'exec', provider: 'vault', id: 'a'}", provider).error().message.ends_with("locked"));
  const Loaded loaded = check(file_with("{source: 'exec', provider: 'vault', id: 'a'}"), variables);
  EXPECT_FALSE(secret_at(loaded.config, "gateway.auth.token", environment_of(variables), {}));
  EXPECT_TRUE(secret_at(loaded.config, "gateway.remote.token", environment_of(variables), {})->empty());
}

}  // namespace
}  // namespace gw::config
