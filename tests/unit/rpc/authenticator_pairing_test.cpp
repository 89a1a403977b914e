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

json::Object cli(json::Array scopes) { return connect_params("cli", "cli", std::move(scopes)); }
json::Object cli_with_token(json::Array scopes) {
  return with_auth(cli(std::move(scopes)), "token", "right-token");
}

class PairingTest : public testing::Test {
 protected:
  Authenticator::Outcome knock(json::Object params, HttpRequest head = local_head()) {
    return door_.knock(door_.signed_by(device_, std::move(params)), std::move(head));
  }

  /// The device token, after a connect that must succeed.
  std::string pair(json::Object params, HttpRequest head = local_head()) {
    const auto outcome = knock(std::move(params), std::move(head));
    EXPECT_TRUE(outcome.has_value());
    return outcome ? text_at(outcome->auth, "deviceToken") : "";
  }

  /// `pairing` reason or `details.code` of a refusal, or `accepted`.
  static std::string fate(const Authenticator::Outcome& outcome) {
    if (outcome) return "accepted";
    const json::Object& details = outcome.error().error.details;
    return text_at(details, text_at(details, "code") == "PAIRING_REQUIRED" ? "reason" : "code");
  }

  Door door_;
  TestDevice device_;
};

TEST_F(PairingTest, ALocalDeviceIsPairedSilentlyAndGetsItsToken) {
  const auto outcome = knock(cli_with_token({"operator.admin"}));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->client.device_id, device_.id());
  EXPECT_EQ(outcome->client.scopes, std::vector<std::string>{"operator.admin"});
  const Device& row = door_.store.rows.at({device_.id(), "operator"});
  EXPECT_EQ(json::serialize(outcome->auth),
            R"({"role":"operator","scopes":["operator.admin"],"deviceToken":")" + row.token.reveal() +
                R"(","issuedAtMs":1737264000000,"method":"token"})");
  EXPECT_EQ(door_.events.back().first, "device.pair.resolved");
}

TEST_F(PairingTest, AVersion2SignatureIsGoodEnough) {
  json::Object params = cli_with_token({"operator.read"});
  device_.sign(params, std::string(Door::kNonce), door_.loop.wall_now(), false);
  EXPECT_TRUE(door_.knock(params).has_value());
}

TEST_F(PairingTest, ProofErrorsComeBeforeTheVerdictOnTheSecret) {
  json::Object params = door_.signed_by(device_, with_auth(cli({}), "token", "wrong"));
  params["device"].get_object()["nonce"] = "stale";
  const auto outcome = door_.knock(params);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().error.code, "INVALID_REQUEST");
  EXPECT_EQ(outcome.error().error.message, "device nonce mismatch");
  EXPECT_EQ(outcome.error().close_reason, "device nonce mismatch");
  EXPECT_EQ(outcome.error().close_code, 1008);
}

TEST_F(PairingTest, AnOldSignatureIsRefused) {
  const json::Object params = door_.signed_by(device_, cli_with_token({}));
  door_.loop.advance(Millis{119'000});
  EXPECT_EQ(fate(door_.knock(params)), "accepted");
  door_.loop.advance(Millis{2'000});
  EXPECT_EQ(fate(door_.knock(params)), "DEVICE_AUTH_SIGNATURE_EXPIRED");
}

TEST_F(PairingTest, TheSameTokenComesBackAfterARestart) {
  const std::string token = pair(cli_with_token({"operator.read"}));
  door_.reload();
  EXPECT_EQ(pair(cli_with_token({"operator.read"})), token);
}

TEST_F(PairingTest, ALocalScopeUpgradeIsSilentAndRenewsTheToken) {
  const std::string token = pair(cli_with_token({"operator.read"}));
  const std::string wider = pair(cli_with_token({"operator.admin"}));
  EXPECT_NE(wider, token);
  EXPECT_EQ(pair(cli_with_token({"operator.read"})), wider);
}

TEST_F(PairingTest, TheDeviceTokenAloneIsEnoughForItsScopes) {
  const std::string token = pair(cli_with_token({"operator.write"}));
  for (const char* field : {"deviceToken", "token"}) {
    const auto outcome = knock(with_auth(cli({"operator.read"}), field, token), remote_head());
    ASSERT_TRUE(outcome.has_value()) << field;
    EXPECT_EQ(outcome->client.auth_method, "device-token");
    EXPECT_EQ(text_at(outcome->auth, "method"), "device-token");
    EXPECT_EQ(text_at(outcome->auth, "deviceToken"), token);
  }
}

TEST_F(PairingTest, TheDeviceTokenAloneNeverGivesMoreScopes) {
  const std::string token = pair(cli_with_token({"operator.read"}));
  const auto outcome = knock(with_auth(cli({"operator.admin"}), "deviceToken", token));
  EXPECT_EQ(fate(outcome), "AUTH_SCOPE_MISMATCH");
  EXPECT_EQ(outcome.error().error.message,
            "unauthorized: device token scope mismatch (re-pair or approve scope upgrade)");
  EXPECT_EQ(text_at(outcome.error().error.details, "authReason"), "scope_mismatch");
  EXPECT_EQ(outcome.error().delay, Millis{0});
  EXPECT_EQ(door_.registry->find(device_.id(), "operator")->scopes,
            std::vector<std::string>{"operator.read"});
}

TEST_F(PairingTest, AWrongDeviceTokenOfAPairedDeviceIsAMismatch) {
  (void)pair(cli_with_token({"operator.read"}));
  const auto outcome = knock(with_auth(cli({"operator.read"}), "deviceToken", "stale"));
  EXPECT_EQ(fate(outcome), "AUTH_DEVICE_TOKEN_MISMATCH");
  EXPECT_EQ(outcome.error().error.message,
            "unauthorized: device token mismatch (rotate/reissue device token)");
  EXPECT_EQ(outcome.error().delay, Millis{250});
}

TEST_F(PairingTest, ARightSecretMakesUpForAStaleDeviceToken) {
  const std::string token = pair(cli_with_token({"operator.read"}));
  const auto outcome = knock(with_auth(cli_with_token({"operator.admin"}), "deviceToken", "stale"));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->client.auth_method, "token");
  EXPECT_NE(text_at(outcome->auth, "deviceToken"), token);
}

TEST_F(PairingTest, APairedDeviceWithAWrongSecretIsToldToTryItsToken) {
  (void)pair(cli_with_token({"operator.read"}));
  const auto outcome = knock(with_auth(cli({"operator.read"}), "token", "wrong"));
  EXPECT_EQ(fate(outcome), "AUTH_TOKEN_MISMATCH");
  EXPECT_EQ(text_at(outcome.error().error.details, "recommendedNextStep"), "retry_with_device_token");
}

TEST_F(PairingTest, AnotherDeviceCannotUseTheToken) {
  const std::string token = pair(cli_with_token({"operator.read"}));
  const TestDevice thief('b');
  EXPECT_EQ(fate(door_.knock(door_.signed_by(thief, with_auth(cli({}), "deviceToken", token)))),
            "AUTH_DEVICE_TOKEN_MISMATCH");
}

TEST_F(PairingTest, WrongDeviceTokensLockARemoteAddressForDeviceTokensOnly) {
  const std::string token = pair(cli_with_token({"operator.read"}));
  for (int i = 0; i < 10; ++i) (void)knock(with_auth(cli({}), "deviceToken", "wrong"), remote_head());
  const auto locked = knock(with_auth(cli({}), "deviceToken", token), remote_head());
  EXPECT_EQ(fate(locked), "AUTH_RATE_LIMITED");
  EXPECT_EQ(locked.error().error.retry_after, Millis{300'000});
  EXPECT_EQ(fate(knock(cli_with_token({"operator.read"}), remote_head())), "accepted");
}

TEST_F(PairingTest, ARemoteDeviceNeedsAnApproval) {
  const auto outcome = knock(cli_with_token({"operator.read", "made.up"}), remote_head());
  ASSERT_FALSE(outcome.has_value());
  const Refused& refused = outcome.error();
  EXPECT_EQ(refused.error.code, "NOT_PAIRED");
  EXPECT_EQ(refused.error.message, "pairing required: device is not approved yet");
  EXPECT_EQ(refused.close_code, 1008);
  const json::Object& details = refused.error.details;
  const std::string id = text_at(details, "requestId");
  EXPECT_EQ(refused.close_reason, "pairing required: device is not approved yet (requestId: " + id + ")");
  EXPECT_EQ(text_at(details, "code"), "PAIRING_REQUIRED");
  EXPECT_EQ(text_at(details, "reason"), "not-paired");
  EXPECT_EQ(text_at(details, "deviceId"), device_.id());
  EXPECT_EQ(text_at(details, "requestedRole"), "operator");
  EXPECT_EQ(json::serialize(*json::array_at(details, "requestedScopes")), R"(["operator.read"])");
  EXPECT_FALSE(text_at(details, "remediationHint").empty());
  EXPECT_FALSE(details.contains("approvedRoles"));
  EXPECT_EQ(door_.events.back().first, "device.pair.requested");

  door_.registry->approve(id, door_.loop.wall_now(),
                          [](Result<Device> device) { EXPECT_TRUE(device.has_value()); });
  EXPECT_EQ(fate(knock(cli_with_token({"operator.read"}), remote_head())), "accepted");
}

TEST_F(PairingTest, ARemoteScopeUpgradeIsRefusedWithWhatIsApproved) {
  (void)pair(cli_with_token({"operator.read"}));
  const auto outcome = knock(cli_with_token({"operator.admin"}), remote_head());
  EXPECT_EQ(fate(outcome), "scope-upgrade");
  EXPECT_EQ(outcome.error().error.message,
            "pairing required: device is asking for more scopes than currently approved");
  EXPECT_LE(outcome.error().close_reason.size(), 120u);
  const json::Object& details = outcome.error().error.details;
  EXPECT_EQ(json::serialize(*json::array_at(details, "approvedRoles")), R"(["operator"])");
  EXPECT_EQ(json::serialize(*json::array_at(details, "approvedScopes")), R"(["operator.read"])");
}

TEST_F(PairingTest, AnotherRoleThanOperatorIsNeverAddedSilently) {
  (void)pair(cli_with_token({"operator.read"}));
  json::Object node =
      with_auth(connect_params("node-host", "node", {"operator.admin"}), "token", "right-token");
  node["role"] = "node";
  const auto outcome = knock(node);
  EXPECT_EQ(fate(outcome), "role-upgrade");
  EXPECT_EQ(outcome.error().error.message,
            "pairing required: device is asking for a higher role than currently approved");
}

TEST_F(PairingTest, ANewLocalNodeIsPairedWithoutScopesAndMayBecomeAnOperator) {
  json::Object node =
      with_auth(connect_params("node-host", "node", {"operator.admin"}), "token", "right-token");
  node["role"] = "node";
  const auto outcome = knock(node);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->client.role, "node");
  EXPECT_TRUE(outcome->client.scopes.empty());
  EXPECT_EQ(fate(knock(cli_with_token({"operator.read"}), remote_head())), "role-upgrade");
  EXPECT_EQ(fate(knock(cli_with_token({"operator.read"}))), "accepted");
}

struct MetadataCase {
  std::string_view id;
  std::string_view mode;
  bool is_local;
  bool is_page;
  std::string_view fate;
};

TEST_F(PairingTest, AChangedPlatformIsSilentOnlyForLocalToolsAndNativeApps) {
  constexpr MetadataCase kCases[] = {{"cli", "cli", true, false, "accepted"},
                                     {"cli", "cli", false, false, "metadata-upgrade"},
                                     {"openclaw-macos", "ui", true, false, "accepted"},
                                     {"openclaw-control-ui", "webchat", true, true, "metadata-upgrade"}};
  char seed = 'm';
  for (const MetadataCase& one : kCases) {
    const TestDevice device(seed++);
    HttpRequest home = local_head();
    if (one.is_page) home = with_header(home, "origin", "http://localhost:18789");
    json::Object params = with_auth(connect_params(one.id, one.mode), "token", "right-token");
    ASSERT_TRUE(door_.knock(door_.signed_by(device, params), home).has_value());
    params["client"].get_object()["platform"] = " LINUX ";
    ASSERT_TRUE(door_.knock(door_.signed_by(device, params), home).has_value())
        << "same platform, other spelling";
    params["client"].get_object()["platform"] = "freebsd";
    EXPECT_EQ(fate(door_.knock(door_.signed_by(device, params), one.is_local ? home : remote_head())),
              one.fate);
  }
}

TEST_F(PairingTest, AForeignPageInALocalBrowserIsNotPairedSilently) {
  door_.config.allowed_origins = {"https://panel.example"};
  const json::Object ui = with_auth(connect_params("openclaw-control-ui", "webchat"), "token", "right-token");
  EXPECT_EQ(fate(knock(ui, with_header(local_head(), "origin", "https://panel.example"))), "not-paired");
  EXPECT_EQ(fate(knock(ui, with_header(local_head(), "origin", "http://localhost:18789"))), "accepted");
}

TEST_F(PairingTest, WithoutAuthenticationALocalDeviceIsPairedToo) {
  door_.config.auth_mode = AuthMode::None;
  const auto outcome = knock(cli({"operator.read"}));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(text_at(outcome->auth, "method"), "none");
  EXPECT_TRUE(outcome->auth.contains("deviceToken"));
  EXPECT_EQ(fate(knock(cli({"operator.admin"}))), "accepted");
  const TestDevice stranger('s');
  EXPECT_EQ(fate(door_.knock(door_.signed_by(stranger, cli({})), remote_head())), "not-paired");
}

TEST_F(PairingTest, TheOwnerIsLetInUnpairedWhileThePairingCannotBeSaved) {
  door_.store.is_broken = true;
  const auto unpaired = knock(cli_with_token({"operator.read"}));
  ASSERT_TRUE(unpaired.has_value());
  EXPECT_FALSE(unpaired->auth.contains("deviceToken"));
  EXPECT_EQ(unpaired->client.scopes, std::vector<std::string>{"operator.read"});

  door_.store.is_broken = false;
  const auto paired = knock(cli_with_token({"operator.read"}));
  ASSERT_TRUE(paired.has_value());
  EXPECT_TRUE(paired->auth.contains("deviceToken"));
}

}  // namespace
}  // namespace gw::rpc
