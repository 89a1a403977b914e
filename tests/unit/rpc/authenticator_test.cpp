#include "rpc/authenticator.hpp"

#include "unit/rpc/handshake_fakes.hpp"

namespace gw::rpc {
namespace {

using config::AuthMode;
using test::connect_params;
using test::Door;
using test::local_head;
using test::remote_head;
using test::TestDevice;
using test::text_at;
using test::with_auth;
using test::with_header;

json::Object cli() { return connect_params("cli", "cli", {"operator.read"}); }

/// `code|message|details.code|close code`, or `accepted`.
std::string summary(const Authenticator::Outcome& outcome) {
  if (outcome) return "accepted";
  const Refused& refused = outcome.error();
  return refused.error.code + "|" + refused.error.message + "|" + text_at(refused.error.details, "code") +
         "|" + std::to_string(refused.close_code);
}

std::string detail(const Authenticator::Outcome& outcome, std::string_view key) {
  return outcome ? "accepted" : text_at(outcome.error().error.details, key);
}

TEST(AuthenticatorTest, RefusesBadParametersWithTheDetail) {
  Door door;
  const auto outcome = door.knock({{"minProtocol", 3}});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_TRUE(outcome.error().error.message.starts_with("invalid connect params: "));
  EXPECT_EQ(outcome.error().close_code, 1008);
  EXPECT_LE(outcome.error().close_reason.size(), 120u);
}

TEST(AuthenticatorTest, DoesNotSendAllOfALongComplaintBack) {
  Door door;
  json::Object params = cli();
  for (int i = 0; i < 5'000; ++i) params.emplace("x" + std::to_string(i), 1);
  const auto outcome = door.knock(params);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_LT(outcome.error().error.message.size(), 2'100u);
}

TEST(AuthenticatorTest, AsksForAnotherTryUntilTheDevicesAreLoaded) {
  Door door;
  door.store.is_broken = true;
  door.reload();
  const auto outcome = door.knock(cli());
  EXPECT_EQ(summary(outcome), "UNAVAILABLE|gateway starting; retry shortly||1013");
  EXPECT_EQ(detail(outcome, "reason"), "startup-sidecars");
  EXPECT_TRUE(outcome.error().error.is_retryable);
  EXPECT_EQ(outcome.error().error.retry_after, Millis{500});
  EXPECT_EQ(outcome.error().close_reason, "gateway starting");
}

struct RangeCase {
  int min;
  int max;
  int chosen;  // 0: refused.
};

TEST(AuthenticatorTest, SpeaksEveryRangeThatMeetsThreeOrFour) {
  constexpr RangeCase kCases[] = {{3, 3, 3}, {4, 4, 4}, {3, 4, 4}, {1, 3, 3}, {4, 9, 4},
                                  {1, 9, 4}, {1, 2, 0}, {5, 6, 0}, {4, 3, 0}};
  for (const RangeCase& one : kCases) {
    Door door;
    json::Object params = with_auth(cli(), "token", "right-token");
    params["minProtocol"] = one.min;
    params["maxProtocol"] = one.max;
    const auto outcome = door.knock(params);
    if (one.chosen != 0) {
      ASSERT_TRUE(outcome.has_value()) << one.min << ".." << one.max;
      EXPECT_EQ(outcome->client.protocol, one.chosen);
      continue;
    }
    EXPECT_EQ(summary(outcome), "INVALID_REQUEST|protocol mismatch|PROTOCOL_MISMATCH|1002");
    EXPECT_EQ(outcome.error().close_reason, "protocol mismatch");
    const json::Object& details = outcome.error().error.details;
    EXPECT_EQ(json::int_or(details, "clientMinProtocol", 0), one.min);
    EXPECT_EQ(json::int_or(details, "clientMaxProtocol", 0), one.max);
    EXPECT_EQ(json::int_or(details, "expectedProtocol", 0), 4);
    EXPECT_EQ(json::int_or(details, "minimumProbeProtocol", 0), 3);
  }
}

TEST(AuthenticatorTest, RefusesAnUnknownRoleBeforeTheOrigin) {
  Door door;
  json::Object params = cli();
  params["role"] = "owner";
  EXPECT_EQ(summary(door.knock(params, with_header(local_head(), "origin", "http://evil.example"))),
            "INVALID_REQUEST|invalid role||1008");
}

TEST(AuthenticatorTest, ChecksTheOriginOfPagesBeforeTheirSecret) {
  Door door;
  const auto foreign = door.knock(cli(), with_header(local_head(), "origin", "http://evil.example"));
  EXPECT_EQ(detail(foreign, "code"), "CONTROL_UI_ORIGIN_NOT_ALLOWED");
  EXPECT_EQ(detail(foreign, "reason"), "origin not allowed");
  EXPECT_TRUE(foreign.error().error.message.starts_with("origin not allowed ("));
  for (const auto& [id, mode] : {std::pair("openclaw-control-ui", "ui"), std::pair("webchat-ui", "ui"),
                                 std::pair("webchat", "ui"), std::pair("test", "webchat")}) {
    EXPECT_EQ(detail(door.knock(connect_params(id, mode)), "reason"), "origin missing or invalid") << id;
  }
  const auto own = door.knock(cli(), with_header(local_head(), "origin", "http://localhost:3000"));
  EXPECT_EQ(detail(own, "code"), "DEVICE_IDENTITY_REQUIRED");
}

struct SecretCase {
  AuthMode mode;
  std::string_view token;
  std::string_view password;
  std::string_view outcome;  // authReason, or the method.
};

TEST(AuthenticatorTest, AcceptsTheSecretInEitherField) {
  constexpr SecretCase kCases[] = {
      {AuthMode::Token, "right-token", "", "token"},
      {AuthMode::Token, "", "right-token", "token"},
      {AuthMode::Token, "wrong", "right-token", "token"},
      {AuthMode::Token, "wrong", "", "token_mismatch"},
      {AuthMode::Token, "", "wrong", "token_mismatch"},
      {AuthMode::Token, "right-tokenx", "", "token_mismatch"},
      {AuthMode::Token, "right-password", "", "token_mismatch"},
      {AuthMode::Password, "", "right-password", "password"},
      {AuthMode::Password, "right-password", "", "password"},
      {AuthMode::Password, "right-token", "", "password_mismatch"},
      {AuthMode::Password, "", "wrong", "password_mismatch"},
  };
  for (const SecretCase& one : kCases) {
    Door door(one.mode);
    const auto outcome =
        door.knock(with_auth(with_auth(cli(), "token", one.token), "password", one.password));
    EXPECT_EQ(outcome ? outcome->client.auth_method : detail(outcome, "authReason"), one.outcome);
  }
}

struct FailureCase {
  AuthMode mode;
  bool has_secret;         // Configured on the gateway.
  std::string_view field;  // Of `auth`; empty: none.
  std::string_view reason;
  std::string_view code;
  std::string_view message;
  std::string_view next_step;
};

TEST(AuthenticatorTest, SaysWhyAProvenDeviceIsNotLetIn) {
  constexpr FailureCase kCases[] = {
      {AuthMode::Token, true, "", "token_missing", "AUTH_TOKEN_MISSING",
       "unauthorized: gateway token missing (", "update_auth_configuration"},
      {AuthMode::Token, true, "password", "token_mismatch", "AUTH_TOKEN_MISMATCH",
       "unauthorized: gateway token mismatch (", "update_auth_credentials"},
      {AuthMode::Token, false, "token", "token_missing_config", "AUTH_TOKEN_NOT_CONFIGURED",
       "unauthorized: gateway token not configured on gateway (", "update_auth_configuration"},
      {AuthMode::Password, true, "", "password_missing", "AUTH_PASSWORD_MISSING",
       "unauthorized: gateway password missing (", "update_auth_configuration"},
      {AuthMode::Password, true, "password", "password_mismatch", "AUTH_PASSWORD_MISMATCH",
       "unauthorized: gateway password mismatch (", "update_auth_credentials"},
      {AuthMode::Password, false, "password", "password_missing_config", "AUTH_PASSWORD_NOT_CONFIGURED",
       "unauthorized: gateway password not configured on gateway (", "update_auth_configuration"},
      {AuthMode::Token, true, "bootstrapToken", "bootstrap_token_invalid", "AUTH_BOOTSTRAP_TOKEN_INVALID",
       "unauthorized: bootstrap token invalid or expired (scan a fresh setup code)",
       "review_auth_configuration"},
      {AuthMode::Token, true, "deviceToken", "device_token_mismatch", "AUTH_DEVICE_TOKEN_MISMATCH",
       "unauthorized: device token rejected (pair/repair this device, or provide gateway token)",
       "update_auth_credentials"},
  };
  const TestDevice device;
  for (const FailureCase& one : kCases) {
    Door door(one.mode);
    if (!one.has_secret) door.config.token = door.config.password = Secret();
    json::Object params = one.field.empty() ? cli() : with_auth(cli(), one.field, "wrong");
    const auto outcome = door.knock(door.signed_by(device, std::move(params)));
    ASSERT_FALSE(outcome.has_value()) << one.reason;
    const Refused& refused = outcome.error();
    EXPECT_EQ(refused.error.code, "INVALID_REQUEST");
    EXPECT_EQ(refused.close_code, 1008);
    EXPECT_TRUE(refused.error.message.starts_with(refused.close_reason));
    EXPECT_TRUE(refused.error.message.starts_with(one.message)) << refused.error.message;
    EXPECT_EQ(detail(outcome, "authReason"), one.reason);
    EXPECT_EQ(detail(outcome, "code"), one.code);
    EXPECT_EQ(detail(outcome, "recommendedNextStep"), one.next_step) << one.reason;
    EXPECT_FALSE(json::bool_or(refused.error.details, "canRetryWithDeviceToken", true));
    EXPECT_TRUE(door.store.rows.empty());
  }
}

TEST(AuthenticatorTest, ADeviceWithAWrongTokenIsToldToTryItsOwn) {
  Door door;
  const TestDevice device;
  const auto outcome = door.knock(door.signed_by(device, with_auth(cli(), "token", "wrong")));
  EXPECT_EQ(detail(outcome, "authReason"), "token_mismatch");
  EXPECT_TRUE(json::bool_or(outcome.error().error.details, "canRetryWithDeviceToken", false));
  EXPECT_EQ(detail(outcome, "recommendedNextStep"), "retry_with_device_token");
  const auto both =
      door.knock(door.signed_by(device, with_auth(with_auth(cli(), "token", "w"), "deviceToken", "w")));
  EXPECT_FALSE(json::bool_or(both.error().error.details, "canRetryWithDeviceToken", true));
}

struct ClientCase {
  std::string_view id;
  std::string_view mode;
  bool is_local;
  std::string_view with_secret;  // `keeps`, `empty`, or details.code of the refusal.
  std::string_view mode_none;
};

TEST(AuthenticatorTest, TreatsEachClientWithoutADeviceAsDocumented) {
  constexpr std::string_view kDevice = "DEVICE_IDENTITY_REQUIRED";
  constexpr std::string_view kUi = "CONTROL_UI_DEVICE_IDENTITY_REQUIRED";
  const ClientCase cases[] = {
      {"gateway-client", "backend", true, "keeps", "keeps"},
      {"gateway-client", "backend", false, "empty", kDevice},
      {"cli", "cli", true, "keeps", kDevice},
      {"cli", "cli", false, "empty", kDevice},
      {"cli", "probe", true, "empty", kDevice},
      {"cli", "probe", false, "empty", kDevice},
      {"gateway-client", "ui", true, "empty", kDevice},
      {"test", "test", true, "empty", kDevice},
      {"openclaw-macos", "ui", true, "empty", kDevice},
      {"openclaw-tui", "cli", true, "empty", kDevice},
      {"openclaw-tui", "ui", true, kUi, kUi},
      {"openclaw-tui", "ui", false, kUi, kUi},
      {"openclaw-control-ui", "webchat", true, kUi, kUi},
  };
  for (const ClientCase& one : cases) {
    for (const AuthMode mode : {AuthMode::Token, AuthMode::None}) {
      Door door(mode);
      auto params = connect_params(one.id, one.mode, {"operator.admin", "made.up"});
      if (mode == AuthMode::Token) params = with_auth(std::move(params), "token", "right-token");
      HttpRequest head = one.is_local ? local_head() : remote_head();
      if (one.id == "openclaw-control-ui") head = with_header(head, "origin", "http://localhost:18789");
      const auto outcome = door.knock(params, head);
      std::string seen = detail(outcome, "code");
      if (outcome) {
        const auto& scopes = outcome->client.scopes;
        seen = scopes.empty()                                         ? "empty"
               : scopes == std::vector<std::string>{"operator.admin"} ? "keeps"
                                                                      : "other";
        EXPECT_EQ(outcome->client.auth_method, config::name_of(mode));
        EXPECT_FALSE(outcome->auth.contains("deviceToken"));
      }
      EXPECT_EQ(seen, mode == AuthMode::Token ? one.with_secret : one.mode_none) << one.id << '/' << one.mode;
    }
  }
}

TEST(AuthenticatorTest, AClientWithoutSecretAndDeviceNeedsADevice) {
  Door door;
  const auto outcome = door.knock(cli());
  EXPECT_EQ(summary(outcome), "NOT_PAIRED|device identity required|DEVICE_IDENTITY_REQUIRED|1008");
  EXPECT_EQ(outcome.error().delay, Millis{0});
  EXPECT_EQ(summary(door.knock(with_auth(cli(), "token", ""))), summary(outcome));
}

TEST(AuthenticatorTest, ANodeWithoutADeviceIsRefusedEvenWithTheSecret) {
  Door door;
  json::Object params = with_auth(connect_params("node-host", "node"), "token", "right-token");
  params["role"] = "node";
  EXPECT_EQ(summary(door.knock(params)), "NOT_PAIRED|device identity required|DEVICE_IDENTITY_REQUIRED|1008");
}

TEST(AuthenticatorTest, TheControlUiWithoutADeviceIsToldSoBeforeItsSecretIsJudged) {
  Door door;
  const auto head = with_header(local_head(), "origin", "http://localhost:18789");
  EXPECT_EQ(summary(door.knock(with_auth(connect_params("openclaw-control-ui", "webchat"), "token", "wrong"),
                               head)),
            "INVALID_REQUEST|control ui requires device identity (use HTTPS or localhost secure context)|"
            "CONTROL_UI_DEVICE_IDENTITY_REQUIRED|1008");
}

TEST(AuthenticatorTest, TellsTheHelloWhoTheClientIs) {
  Door door;
  json::Object params = with_auth(cli(), "token", "right-token");
  params["caps"] = json::Array{"tool-events"};
  params["client"].get_object()["displayName"] = "Desk";
  params["client"].get_object()["timeZone"] = "UTC";
  const auto outcome = door.knock(params);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(json::serialize(outcome->auth),
            R"({"role":"operator","scopes":["operator.read"],"method":"token"})");
  const Client& client = outcome->client;
  EXPECT_EQ(client.conn_id, "conn-1");
  EXPECT_EQ(client.client_id, "cli");
  EXPECT_EQ(client.client_mode, "cli");
  EXPECT_EQ(client.client_version, "9.6");
  EXPECT_EQ(client.display_name, "Desk");
  EXPECT_EQ(client.platform, "linux");
  EXPECT_EQ(client.time_zone, "UTC");
  EXPECT_EQ(client.caps, std::vector<std::string>{"tool-events"});
  EXPECT_EQ(client.address, "127.0.0.1");
  EXPECT_TRUE(client.is_local);
  EXPECT_EQ(client.connected_at, door.loop.wall_now());
}

TEST(AuthenticatorTest, AWrongSecretFromThisMachineIsDelayedLongerEachTime) {
  Door door;
  for (const int expected : {250, 500, 1'000}) {
    const auto outcome = door.knock(with_auth(cli(), "token", "wrong"));
    EXPECT_EQ(detail(outcome, "code"), "AUTH_TOKEN_MISMATCH");
    EXPECT_EQ(outcome.error().delay, Millis{expected});
  }
  EXPECT_TRUE(door.knock(with_auth(cli(), "token", "right-token")).has_value());
  EXPECT_EQ(door.knock(with_auth(cli(), "token", "wrong")).error().delay, Millis{250});
}

TEST(AuthenticatorTest, TenWrongSecretsLockARemoteAddress) {
  Door door;
  const auto wrong = with_auth(cli(), "token", "wrong");
  const auto right = with_auth(cli(), "token", "right-token");
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(detail(door.knock(wrong, remote_head()), "authReason"), "token_mismatch");
  const auto locked = door.knock(right, remote_head());
  EXPECT_EQ(
      summary(locked),
      "INVALID_REQUEST|unauthorized: too many failed authentication attempts (retry later)|AUTH_RATE_LIMITED|"
      "1008");
  EXPECT_EQ(detail(locked, "recommendedNextStep"), "wait_then_retry");
  EXPECT_TRUE(locked.error().error.is_retryable);
  EXPECT_EQ(locked.error().error.retry_after, Millis{300'000});
  EXPECT_EQ(locked.error().delay, Millis{0});
  EXPECT_TRUE(door.knock(right, remote_head("203.0.113.8")).has_value());
  EXPECT_TRUE(door.knock(right).has_value());
  door.loop.advance(Millis{300'000});
  EXPECT_TRUE(door.knock(right, remote_head()).has_value());
}

TEST(AuthenticatorTest, AMissingSecretIsNoFailedAttempt) {
  Door door;
  const TestDevice device;
  for (int i = 0; i < 20; ++i) (void)door.knock(door.signed_by(device, cli()), remote_head());
  EXPECT_TRUE(door.knock(with_auth(cli(), "token", "right-token"), remote_head()).has_value());
}

TEST(AuthenticatorTest, AProxiedClientIsNotLocal) {
  Door door;
  const auto outcome = door.knock(with_auth(cli(), "token", "right-token"),
                                  with_header(local_head(), "x-forwarded-for", "203.0.113.7"));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE(outcome->client.is_local);
  EXPECT_TRUE(outcome->client.scopes.empty());
}

}  // namespace
}  // namespace gw::rpc
