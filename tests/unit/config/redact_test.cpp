#include "json/json5.hpp"
#include "unit/config/support.hpp"

namespace gw::config {
namespace {

std::string shown(std::string_view text) {
  return json::serialize(redacted(json::parse_json5(text).value()));
}

TEST(RedactedTest, HidesEverySecretWhereverItStands) {
  EXPECT_EQ(
      shown("{gateway: {auth: {token: 'a', password: 'b', mode: 'token'}}}"),
      R"({"gateway":{"auth":{"token":"__OPENCLAW_REDACTED__","password":"__OPENCLAW_REDACTED__","mode":"token"}}})");
  for (const char* key :
       {"token", "botToken", "password", "apiKey", "api_key", "x-api-key", "secret", "clientSecret",
        "signingSecret", "privateKey", "Authorization", "passphrase", "GITHUB_TOKEN"}) {
    EXPECT_EQ(shown(std::string("{a: [{'") + key + "': 'x'}]}"),
              std::string("{\"a\":[{\"") + key + "\":\"__OPENCLAW_REDACTED__\"}]}");
  }
}

TEST(RedactedTest, HidesAllHeadersAndEnvironmentValues) {
  EXPECT_EQ(shown("{headers: {Cookie: 'x', Other: 'y'}}"),
            R"({"headers":{"Cookie":"__OPENCLAW_REDACTED__","Other":"__OPENCLAW_REDACTED__"}})");
  EXPECT_EQ(shown("{env: {A: 'x', vars: {B: 'y'}}}"),
            R"({"env":{"A":"__OPENCLAW_REDACTED__","vars":{"B":"__OPENCLAW_REDACTED__"}}})");
}

TEST(RedactedTest, HidesWhatIsNestedInASecret) {
  EXPECT_EQ(
      shown("{token: [1, 'a', {x: 'b', y: true}]}"),
      R"({"token":["__OPENCLAW_REDACTED__","__OPENCLAW_REDACTED__",{"x":"__OPENCLAW_REDACTED__","y":true}]})");
}

TEST(RedactedTest, HidesUrlsThatCarryAPassword) {
  EXPECT_EQ(shown("{proxy: 'http://me:pw@host/x', url: 'https://host/a@b'}"),
            R"({"proxy":"__OPENCLAW_REDACTED__","url":"https://host/a@b"})");
}

TEST(RedactedTest, LeavesOtherValuesAndReferencesAlone) {
  const std::string text =
      R"({"maxTokens":5,"tokenFile":"/x","token":{"source":"env","provider":"default","id":"MY_TOKEN"},"password":"","secrets":{"providers":{"a":"b"}}})";
  EXPECT_EQ(shown(text), text);
}

}  // namespace
}  // namespace gw::config
