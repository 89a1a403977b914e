#include "cli/credentials.hpp"

#include <map>

#include <gtest/gtest.h>

namespace gw::cli {
namespace {

using config::AuthMode;

constexpr std::string_view kFileToken = "gateway.auth.token";
constexpr std::string_view kFilePassword = "gateway.auth.password";
constexpr std::string_view kRemoteToken = "gateway.remote.token";
constexpr std::string_view kRemotePassword = "gateway.remote.password";
constexpr std::string_view kToken = "OPENCLAW_GATEWAY_TOKEN";
constexpr std::string_view kPassword = "OPENCLAW_GATEWAY_PASSWORD";

/// Every place holds its own name as its value, except where a test says otherwise.
struct CredentialsTest : testing::Test {
  std::map<std::string, json::Value, std::less<>> places;
  AuthMode mode = AuthMode::Token;
  std::string mode_name;
  Secret token_flag;
  Secret password_flag;
  Secret run_token;
  int asked = 0;

  void fill(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) places[std::string(name)] = name;
  }
  void fill_all() { fill({kFileToken, kFilePassword, kRemoteToken, kRemotePassword, kToken, kPassword}); }

  json::Object section(std::string_view token, std::string_view password) const {
    json::Object object;
    if (const auto at = places.find(token); at != places.end()) object["token"] = at->second;
    if (const auto at = places.find(password); at != places.end()) object["password"] = at->second;
    return object;
  }

  std::expected<Credentials, Failure> ask(Recipient recipient) {
    CredentialInput input;
    input.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto at = places.find(name);
      return at == places.end() ? std::nullopt : std::optional(std::string(at->second.as_string()));
    };
    json::Object auth = section(kFileToken, kFilePassword);
    if (!mode_name.empty()) auth["mode"] = mode_name;
    input.config.auth_mode = mode;
    input.config.source = json::Object{
        {"gateway", {{"auth", std::move(auth)}, {"remote", section(kRemoteToken, kRemotePassword)}}},
        {"secrets", {{"providers", {{"vault", {{"source", "exec"}, {"command", "/bin/vault"}}}}}}}};
    input.look_up = [this](const config::SecretQuery& query) {
      ++asked;
      config::SecretAnswers answers;
      answers.emplace(query.ids.at(0), query.ids.at(0) == "good" ? Result<Secret>(Secret("from the vault"))
                                                                 : fail(Code::Unavailable, "it is locked"));
      return answers;
    };
    input.token_flag = token_flag;
    input.password_flag = password_flag;
    input.run_token = run_token;
    return credentials_for(recipient, input);
  }
  std::string token(Recipient recipient) { return ask(recipient)->token.reveal(); }
  std::string password(Recipient recipient) { return ask(recipient)->password.reveal(); }
};

json::Value reference(std::string_view id) { return {{"source", "exec"}, {"provider", "vault"}, {"id", id}}; }

TEST_F(CredentialsTest, FlagsAreUsedAloneForEveryone) {
  fill_all();
  token_flag = Secret("flag");
  for (const Recipient recipient :
       {Recipient::Stranger, Recipient::Environment, Recipient::Remote, Recipient::Local}) {
    EXPECT_EQ(token(recipient), "flag");
    EXPECT_EQ(password(recipient), "");
    EXPECT_EQ(ask(recipient)->source, "--token");
  }
  password_flag = Secret("word");
  EXPECT_EQ(password(Recipient::Local), "word");
  token_flag = Secret();
  EXPECT_EQ(ask(Recipient::Local)->source, "--password");
}

TEST_F(CredentialsTest, AStrangerGetsNothingThatIsConfigured) {
  fill_all();
  EXPECT_EQ(token(Recipient::Stranger), "");
  EXPECT_EQ(password(Recipient::Stranger), "");
}

TEST_F(CredentialsTest, TheAddressOfTheEnvironmentGetsItsCredentials) {
  fill_all();
  EXPECT_EQ(token(Recipient::Environment), kToken);
  EXPECT_EQ(password(Recipient::Environment), kPassword);
  places.erase(std::string(kToken));
  EXPECT_EQ(token(Recipient::Environment), "");
}

/// Each order of the specification, from the winner on: what wins is taken away until nothing is left.
struct Order {
  Recipient recipient;
  AuthMode mode;
  bool is_token;
  std::vector<std::string_view> places;
};

TEST_F(CredentialsTest, ComeFromTheFirstPlaceThatHasOne) {
  const std::vector<Order> orders{
      {Recipient::Local, AuthMode::Token, true, {kFileToken, kToken, kRemoteToken}},
      {Recipient::Local, AuthMode::Password, false, {kFilePassword, kPassword, kRemotePassword}},
      {Recipient::Remote, AuthMode::Token, true, {kRemoteToken, kToken, kFileToken}},
      {Recipient::Remote, AuthMode::Token, false, {kPassword, kRemotePassword, kFilePassword}},
  };
  for (const Order& order : orders) {
    fill_all();
    mode = order.mode;
    for (const std::string_view place : order.places) {
      EXPECT_EQ(order.is_token ? token(order.recipient) : password(order.recipient), place);
      places.erase(std::string(place));
    }
    EXPECT_EQ(order.is_token ? token(order.recipient) : password(order.recipient), "");
  }
}

TEST_F(CredentialsTest, OfAnotherModeAreNotSentLocally) {
  fill_all();
  EXPECT_EQ(password(Recipient::Local), "");
  mode = AuthMode::Password;
  EXPECT_EQ(token(Recipient::Local), "");
  mode = AuthMode::None;
  EXPECT_EQ(token(Recipient::Local) + password(Recipient::Local), "");
  mode = AuthMode::Token;
  mode_name = "trusted-proxy";
  EXPECT_EQ(token(Recipient::Local) + password(Recipient::Local), "");
}

TEST_F(CredentialsTest, OfTheRunComeLastAndOnlyLocally) {
  run_token = Secret("run");
  EXPECT_EQ(token(Recipient::Local), "run");
  EXPECT_EQ(ask(Recipient::Local)->source, "run-token");
  EXPECT_EQ(token(Recipient::Remote), "");
  fill({kRemoteToken});
  EXPECT_EQ(token(Recipient::Local), kRemoteToken);
}

TEST_F(CredentialsTest, ThatAreBlankPlaceholdersOrUnfilledArePassedOver) {
  for (const char* text : {" ", "undefined", "null", "__OPENCLAW_REDACTED__", "x${NOT_THERE}"}) {
    fill_all();
    places[std::string(kFileToken)] = text;
    EXPECT_EQ(token(Recipient::Local), kToken) << text;
  }
  places[std::string(kToken)] = "null";
  EXPECT_EQ(token(Recipient::Local), kRemoteToken);
}

TEST_F(CredentialsTest, AreFollowedWhenTheirTurnComesAndOnlyThen) {
  fill_all();
  places[std::string(kRemoteToken)] = reference("good");
  EXPECT_EQ(token(Recipient::Local), kFileToken);
  token_flag = Secret("flag");
  EXPECT_EQ(token(Recipient::Remote), "flag");
  EXPECT_EQ(asked, 0);
  token_flag = Secret();
  EXPECT_EQ(token(Recipient::Remote), "from the vault");
  EXPECT_EQ(asked, 1);
}

TEST_F(CredentialsTest, ThatCouldWinAndCannotBeHadEndTheSearch) {
  fill_all();
  for (const json::Value& value :
       {reference("bad"), json::Value("$NOT_THERE"), json::Value("${NOT_THERE}")}) {
    places[std::string(kFileToken)] = value;
    const auto found = ask(Recipient::Local);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().code, "GATEWAY_SECRET_REF_UNAVAILABLE");
    EXPECT_TRUE(found.error().message.contains("gateway.auth.token")) << found.error().message;
  }
  places[std::string(kRemoteToken)] = reference("bad");
  EXPECT_TRUE(ask(Recipient::Remote).error().message.contains("gateway.remote.token"));
  fill({kRemoteToken});
  places[std::string(kRemotePassword)] = reference("bad");
  EXPECT_TRUE(ask(Recipient::Remote).has_value()) << "OPENCLAW_GATEWAY_PASSWORD comes first";
  places.erase(std::string(kPassword));
  EXPECT_TRUE(ask(Recipient::Remote).error().message.contains("gateway.remote.password"));
}

}  // namespace
}  // namespace gw::cli
