#include "rpc/device_proof.hpp"

#include "unit/rpc/handshake_fakes.hpp"

namespace gw::rpc {
namespace {

constexpr std::string_view kNonce = "00000000-0000-4000-8000-000000000000";
constexpr UnixMillis kSignedAt{1'737'264'000'000};
constexpr std::string_view kV3 =
    "Ycx1bOn6BO0POs7BFA1KF3hiV14grkn8KMKdMCwMc5GoiQMFgOwXgIoFmUoGdGUoFbgwF8BvA9jJqjJ79ydDBg";
constexpr std::string_view kV2 =
    "A09whyVmbBFUCD27bpF5PsDAED_VStwS-1VKIDJO98Icae2F-BACbBByNUd6SxGO7bqZRNQ3zBnc1MLnLehPAA";

/// The worked example of docs/wire.md: test key 1 of RFC 8032.
ConnectParams example() {
  ConnectParams params;
  params.client.id = "cli";
  params.client.mode = "cli";
  params.client.platform = " MacOS ";
  params.client.device_family = "iPhone";
  params.scopes = {"operator.read", "operator.write"};
  params.auth.token = Secret("secret-token");
  params.device =
      ConnectParams::DeviceProof{.id = "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9",
                                 .public_key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                                 .signature = std::string(kV3),
                                 .signed_at = kSignedAt,
                                 .nonce = std::string(kNonce)};
  return params;
}

UnixMillis seconds_later(std::int64_t seconds) { return {kSignedAt.value + seconds * 1'000}; }

std::string outcome_of(const ConnectParams& params, UnixMillis now = kSignedAt,
                       std::string_view nonce = kNonce) {
  const auto key = check_device_proof(params, nonce, now);
  if (key) return "ok";
  EXPECT_EQ(key.error().code, "INVALID_REQUEST");
  return key.error().message + " / " + test::text_at(key.error().details, "code") + " / " +
         test::text_at(key.error().details, "reason");
}

TEST(DeviceProofTest, SignsTheDocumentedPayloads) {
  const std::string v3 = signed_payload(example(), true);
  EXPECT_EQ(
      v3,
      "v3|21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9|cli|cli|operator|"
      "operator.read,operator.write|1737264000000|secret-token|00000000-0000-4000-8000-000000000000|macos|"
      "iphone");
  EXPECT_EQ(signed_payload(example(), false), "v2" + v3.substr(2, v3.rfind("|macos") - 2));
}

TEST(DeviceProofTest, AcceptsBothSignaturesOfTheWorkedExample) {
  ConnectParams params = example();
  EXPECT_EQ(outcome_of(params), "ok");
  params.device->signature = kV2;
  EXPECT_EQ(outcome_of(params), "ok");
}

TEST(DeviceProofTest, AcceptsAKeyInPemForm) {
  ConnectParams params = example();
  const auto raw = crypto::read_public_key(params.device->public_key);
  params.device->public_key = crypto::public_key_pem({.seed = {}, .public_key = *raw});
  EXPECT_EQ(outcome_of(params), "ok");
}

TEST(DeviceProofTest, SignsTheFirstTokenThatWasSentAndNeverAPassword) {
  ConnectParams params = example();
  params.auth = {};
  params.auth.password = Secret("hidden");
  EXPECT_FALSE(signed_payload(params, true).contains("hidden"));
  params.auth.bootstrap_token = Secret("boot");
  EXPECT_TRUE(signed_payload(params, true).contains("|boot|"));
  params.auth.device_token = Secret("dev");
  EXPECT_TRUE(signed_payload(params, true).contains("|dev|"));
  params.auth.token = Secret("tok");
  EXPECT_TRUE(signed_payload(params, true).contains("|tok|"));
}

TEST(DeviceProofTest, ASignatureLivesForTwoMinutesEitherWay) {
  constexpr std::string_view kExpired =
      "device signature expired / DEVICE_AUTH_SIGNATURE_EXPIRED / device-signature-stale";
  EXPECT_EQ(outcome_of(example(), seconds_later(119)), "ok");
  EXPECT_EQ(outcome_of(example(), seconds_later(120)), "ok");
  EXPECT_EQ(outcome_of(example(), seconds_later(121)), kExpired);
  EXPECT_EQ(outcome_of(example(), seconds_later(-119)), "ok");
  EXPECT_EQ(outcome_of(example(), seconds_later(-121)), kExpired);
}

struct ProofCase {
  void (*spoil)(ConnectParams&);
  std::string_view outcome;
};

TEST(DeviceProofTest, NamesWhatIsWrongWithAProof) {
  constexpr std::string_view kInvalid =
      "device signature invalid / DEVICE_AUTH_SIGNATURE_INVALID / device-signature";
  const ProofCase cases[] = {
      {[](ConnectParams& p) { p.device->public_key = "short"; },
       "device public key invalid / DEVICE_AUTH_PUBLIC_KEY_INVALID / device-public-key"},
      {[](ConnectParams& p) { p.device->id[0] = 'f'; },
       "device identity mismatch / DEVICE_AUTH_DEVICE_ID_MISMATCH / device-id-mismatch"},
      {[](ConnectParams& p) { p.device->nonce = "  "; },
       "device nonce required / DEVICE_AUTH_NONCE_REQUIRED / device-nonce-missing"},
      {[](ConnectParams& p) { p.device->nonce = "another"; },
       "device nonce mismatch / DEVICE_AUTH_NONCE_MISMATCH / device-nonce-mismatch"},
      {[](ConnectParams& p) { p.device->signature[0] = 'Z'; }, kInvalid},
      {[](ConnectParams& p) { p.device->signature = "not base64!"; }, kInvalid},
      {[](ConnectParams& p) { p.scopes.emplace_back("operator.admin"); }, kInvalid},
      {[](ConnectParams& p) { p.role = "node"; }, kInvalid},
      {[](ConnectParams& p) { p.auth.token = Secret("other"); }, kInvalid},
      {[](ConnectParams& p) { p.client.platform = "linux"; }, kInvalid},
  };
  for (const ProofCase& one : cases) {
    ConnectParams params = example();
    one.spoil(params);
    EXPECT_EQ(outcome_of(params), one.outcome);
  }
}

TEST(DeviceProofTest, AVersion2SignatureDoesNotCoverThePlatform) {
  ConnectParams params = example();
  params.device->signature = kV2;
  params.client.platform = "linux";
  EXPECT_EQ(outcome_of(params), "ok");
}

}  // namespace
}  // namespace gw::rpc
