#include "rpc/device_registry.hpp"

#include "unit/rpc/handshake_fakes.hpp"

namespace gw::rpc {
namespace {

using Outcome = DeviceRegistry::AdmitOutcome;

constexpr SilentApproval kAll{.new_device = true, .role = true, .scopes = true, .metadata = true};
constexpr SilentApproval kNone{};
constexpr UnixMillis kNow{1'700'000'000'000};
constexpr UnixMillis later(std::int64_t ms) { return {kNow.value + ms}; }

PairingAsk ask_for(std::vector<std::string> scopes, std::string id = "dev-1") {
  return {.device_id = std::move(id),
          .public_key = "key",
          .role = "operator",
          .scopes = std::move(scopes),
          .platform = "linux",
          .device_family = "pc",
          .display_name = "Desk",
          .client_id = "cli",
          .client_mode = "cli",
          .address = "10.0.0.9"};
}

class DeviceRegistryTest : public testing::Test {
 protected:
  DeviceRegistryTest() { restart(); }

  void restart() {
    registry_ = std::make_unique<DeviceRegistry>(store_);
    registry_->load([](Status status) { EXPECT_TRUE(status.has_value()); });
    registry_->set_listener([this](std::string_view event, const json::Object& payload) {
      events_.emplace_back(event, payload);
    });
  }

  Outcome admit(PairingAsk ask, SilentApproval silent = kAll, UnixMillis now = kNow) {
    std::optional<Outcome> outcome;
    registry_->admit(std::move(ask), silent, now, [&](Outcome o) { outcome = std::move(o); });
    if (!outcome) throw std::logic_error("not answered");
    return *std::move(outcome);
  }

  std::string token(PairingAsk ask, UnixMillis now = kNow) {
    const auto outcome = admit(std::move(ask), kAll, now);
    return outcome ? outcome->token.reveal() : "refused";
  }

  /// The reason of a refusal, or `admitted`.
  std::string reason(PairingAsk ask, SilentApproval silent = kNone) {
    const auto outcome = admit(std::move(ask), silent);
    if (outcome) return "admitted";
    return std::string(name_of(std::get<PairingRefused>(outcome.error()).reason));
  }

  std::string request_id(PairingAsk ask, UnixMillis now = kNow) {
    const auto outcome = admit(std::move(ask), kNone, now);
    return outcome ? "admitted" : std::get<PairingRefused>(outcome.error()).request_id;
  }

  test::MemoryDevices store_;
  std::vector<std::pair<std::string, json::Object>> events_;
  std::unique_ptr<DeviceRegistry> registry_;
};

TEST_F(DeviceRegistryTest, IsNotLoadedWhenTheStoreFails) {
  store_.is_broken = true;
  DeviceRegistry registry(store_);
  std::optional<Code> code;
  registry.load([&](Status status) { code = status.error().code; });
  EXPECT_EQ(code, Code::Storage);
  EXPECT_FALSE(registry.is_loaded());
}

TEST_F(DeviceRegistryTest, IssuesA32ByteTokenAndSavesItBeforeAnswering) {
  store_.is_holding = true;
  std::optional<Outcome> outcome;
  registry_->admit(ask_for({"operator.admin"}), kAll, kNow, [&](Outcome o) { outcome = std::move(o); });
  EXPECT_FALSE(outcome.has_value());
  EXPECT_EQ(registry_->find("dev-1", "operator"), nullptr);
  store_.release();
  ASSERT_TRUE(outcome.has_value() && outcome->has_value());
  EXPECT_EQ(crypto::decode_base64((*outcome)->token.reveal())->size(), 32u);
  EXPECT_EQ((*outcome)->token.reveal().size(), 43u);
  EXPECT_EQ((*outcome)->issued_at, kNow);
  const Device& row = store_.rows.at({"dev-1", "operator"});
  EXPECT_EQ(row.token.reveal(), (*outcome)->token.reveal());
  EXPECT_EQ(row.scopes, (std::vector<std::string>{"operator.admin", "operator.read", "operator.write"}));
}

TEST_F(DeviceRegistryTest, ReturnsTheSameTokenUntilTheScopesGrow) {
  const std::string first = token(ask_for({"operator.write"}));
  EXPECT_EQ(token(ask_for({"operator.read"}), later(5)), first);
  EXPECT_EQ(token(ask_for({}), later(6)), first);
  EXPECT_EQ(store_.saves, 1);
  const std::string second = token(ask_for({"operator.pairing"}), later(7));
  EXPECT_NE(second, first);
  EXPECT_EQ(registry_->find("dev-1", "operator")->scopes,
            (std::vector<std::string>{"operator.pairing", "operator.read", "operator.write"}));
  EXPECT_EQ(registry_->find("dev-1", "operator")->paired_at, kNow);
  EXPECT_EQ(registry_->find("dev-1", "operator")->issued_at, later(7));
}

TEST_F(DeviceRegistryTest, TheTokenSurvivesARestart) {
  const std::string first = token(ask_for({"operator.read"}));
  restart();
  EXPECT_EQ(token(ask_for({"operator.read"}), later(1'000)), first);
  EXPECT_EQ(registry_->check_token("dev-1", "operator", first), TokenCheck::Ok);
}

TEST_F(DeviceRegistryTest, ChecksTokensPerDeviceAndRole) {
  const std::string first = token(ask_for({}));
  EXPECT_EQ(registry_->check_token("dev-1", "operator", first), TokenCheck::Ok);
  EXPECT_EQ(registry_->check_token("dev-1", "operator", first + "x"), TokenCheck::Wrong);
  EXPECT_EQ(registry_->check_token("dev-1", "operator", ""), TokenCheck::Wrong);
  EXPECT_EQ(registry_->check_token("dev-1", "node", first), TokenCheck::UnknownDevice);
  EXPECT_EQ(registry_->check_token("dev-2", "operator", first), TokenCheck::UnknownDevice);
}

TEST_F(DeviceRegistryTest, NothingChangesWhenSavingFails) {
  store_.is_broken = true;
  const auto outcome = admit(ask_for({"operator.read"}));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(std::get<Error>(outcome.error()).code, Code::Storage);
  EXPECT_EQ(registry_->find("dev-1", "operator"), nullptr);
  EXPECT_TRUE(events_.empty());
  store_.is_broken = false;
  EXPECT_EQ(reason(ask_for({"operator.read"}), kAll), "admitted");
}

TEST_F(DeviceRegistryTest, TwoConnectsAtOnceGetOneToken) {
  store_.is_holding = true;
  std::vector<std::string> tokens;
  for (int i = 0; i < 3; ++i) {
    registry_->admit(ask_for({"operator.read"}), kAll, kNow,
                     [&](Outcome o) { tokens.push_back(o ? o->token.reveal() : "refused"); });
  }
  EXPECT_EQ(store_.saves, 1);
  store_.release();
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[1], tokens[0]);
  EXPECT_EQ(tokens[2], tokens[0]);
  EXPECT_EQ(store_.saves, 1);
}

TEST_F(DeviceRegistryTest, ASaveThatEndsAfterTheRegistryIsIgnored) {
  store_.is_holding = true;
  bool is_answered = false;
  registry_->admit(ask_for({}), kAll, kNow, [&](const Outcome&) { is_answered = true; });
  registry_.reset();
  store_.release();
  EXPECT_FALSE(is_answered);
}

TEST_F(DeviceRegistryTest, NamesTheReasonOfEachRefusal) {
  EXPECT_EQ(reason(ask_for({})), "not-paired");
  (void)token(ask_for({"operator.read"}));
  EXPECT_EQ(reason(ask_for({"operator.read"})), "admitted");
  EXPECT_EQ(reason(ask_for({"operator.write"})), "scope-upgrade");
  PairingAsk ask = ask_for({});
  ask.role = "node";
  EXPECT_EQ(reason(ask), "role-upgrade");
  ask = ask_for({});
  ask.platform = "macos";
  EXPECT_EQ(reason(ask), "metadata-upgrade");
  ask = ask_for({});
  ask.device_family = "";
  EXPECT_EQ(reason(ask), "metadata-upgrade");
  ask = ask_for({});
  ask.public_key = "another";
  EXPECT_EQ(reason(ask), "not-paired");
}

TEST_F(DeviceRegistryTest, EachApprovalHasItsOwnPermission) {
  EXPECT_EQ(reason(ask_for({"operator.read"}), {.new_device = true}), "admitted");
  EXPECT_EQ(reason(ask_for({"operator.write"}), {.scopes = true}), "admitted");
  PairingAsk ask = ask_for({"operator.admin"});
  ask.platform = "macos";
  EXPECT_EQ(reason(ask, {.scopes = true}), "metadata-upgrade");
  EXPECT_EQ(reason(ask, {.metadata = true}), "scope-upgrade");
  EXPECT_EQ(reason(ask, {.scopes = true, .metadata = true}), "admitted");
  ask.role = "node";
  EXPECT_EQ(reason(ask, {.role = true}), "admitted");
}

TEST_F(DeviceRegistryTest, AFieldThatWasNotStoredIsFilledInWithoutApproval) {
  PairingAsk ask = ask_for({});
  ask.device_family = "";
  (void)token(ask);
  EXPECT_EQ(reason(ask_for({})), "admitted");
  EXPECT_EQ(store_.rows.at({"dev-1", "operator"}).device_family, "pc");
}

TEST_F(DeviceRegistryTest, ASilentApprovalIsAnnounced) {
  (void)token(ask_for({}));
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].first, "device.pair.resolved");
  EXPECT_EQ(test::text_at(events_[0].second, "deviceId"), "dev-1");
  EXPECT_EQ(test::text_at(events_[0].second, "decision"), "approved");
  EXPECT_EQ(json::int_or(events_[0].second, "ts", 0), kNow.value);
  EXPECT_FALSE(test::text_at(events_[0].second, "requestId").empty());
}

TEST_F(DeviceRegistryTest, ARefusalLeavesOneRequestPerDevice) {
  const std::string id = request_id(ask_for({"operator.read"}));
  EXPECT_EQ(request_id(ask_for({"operator.read"}), later(1)), id);
  const auto pending = registry_->pending(later(2));
  ASSERT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending[0].request_id, id);
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].first, "device.pair.requested");
  EXPECT_EQ(
      json::serialize(events_[0].second),
      R"({"requestId":")" + id +
          R"(","deviceId":"dev-1","publicKey":"key","displayName":"Desk","platform":"linux",)"
          R"("deviceFamily":"pc","clientId":"cli","clientMode":"cli","role":"operator","roles":["operator"],)"
          R"("scopes":["operator.read"],"remoteIp":"10.0.0.9","silent":false,"isRepair":false,)"
          R"("ts":1700000000000})");
}

TEST_F(DeviceRegistryTest, AskingForMoreMakesAnotherRequest) {
  const std::string first = request_id(ask_for({"operator.read"}));
  const std::string second = request_id(ask_for({"operator.admin"}));
  EXPECT_NE(second, first);
  EXPECT_EQ(registry_->pending(kNow).size(), 1u);
  std::optional<Code> code;
  registry_->approve(first, kNow, [&](Result<Device> device) { code = device.error().code; });
  EXPECT_EQ(code, Code::NotFound);
}

TEST_F(DeviceRegistryTest, RequestsExpireAndAreBounded) {
  (void)request_id(ask_for({}));
  (void)request_id(ask_for({}), later(299'999));
  EXPECT_EQ(registry_->pending(later(599'998)).size(), 1u);
  EXPECT_EQ(registry_->pending(later(599'999)).size(), 0u);
  for (int i = 0; i < 150; ++i) (void)request_id(ask_for({}, "dev-" + std::to_string(i)), later(i));
  const auto pending = registry_->pending(later(150));
  ASSERT_EQ(pending.size(), 100u);
  EXPECT_EQ(pending.front().ask.device_id, "dev-50");
}

TEST_F(DeviceRegistryTest, AnApprovedRequestPairsTheDevice) {
  const std::string id = request_id(ask_for({"operator.read"}));
  std::string device;
  registry_->approve(id, later(10), [&](Result<Device> row) { device = row->id; });
  EXPECT_EQ(device, "dev-1");
  EXPECT_TRUE(registry_->pending(later(10)).empty());
  EXPECT_EQ(events_.back().first, "device.pair.resolved");
  EXPECT_EQ(test::text_at(events_.back().second, "requestId"), id);
  EXPECT_EQ(reason(ask_for({"operator.read"})), "admitted");
}

TEST_F(DeviceRegistryTest, AnApprovalThatCannotBeSavedCanBeTriedAgain) {
  const std::string id = request_id(ask_for({}));
  store_.is_broken = true;
  std::optional<Code> code;
  registry_->approve(id, kNow, [&](Result<Device> row) { code = row.error().code; });
  EXPECT_EQ(code, Code::Storage);
  EXPECT_EQ(registry_->pending(kNow).size(), 1u);
}

TEST_F(DeviceRegistryTest, AnApprovalWaitsForASaveUnderWay) {
  (void)token(ask_for({"operator.read"}));
  const std::string id = request_id(ask_for({"operator.admin"}));
  store_.is_holding = true;
  registry_->admit(ask_for({"operator.pairing"}), kAll, kNow, [](const Outcome&) {});
  std::optional<Result<Device>> approved;
  registry_->approve(id, kNow, [&](Result<Device> row) { approved = std::move(row); });
  EXPECT_FALSE(approved.has_value());
  store_.release();
  // The silent approval settled the device's request, so nothing is left to approve.
  ASSERT_TRUE(approved.has_value());
  EXPECT_EQ(approved->error().code, Code::NotFound);
}

TEST_F(DeviceRegistryTest, ARejectedRequestIsGone) {
  const std::string id = request_id(ask_for({}));
  EXPECT_EQ(registry_->reject(id, kNow).value(), "dev-1");
  EXPECT_EQ(test::text_at(events_.back().second, "decision"), "rejected");
  EXPECT_EQ(registry_->reject(id, kNow).error().message, "unknown requestId");
}

TEST_F(DeviceRegistryTest, TheListGroupsRolesByDeviceAndHidesTokens) {
  const std::string secret = token(ask_for({"operator.read"}));
  PairingAsk node = ask_for({});
  node.role = "node";
  (void)token(node);
  (void)request_id(ask_for({}, "dev-2"));
  const json::Object list = registry_->list(kNow);
  EXPECT_FALSE(json::serialize(list).contains(secret));
  EXPECT_EQ(json::array_at(list, "pending")->size(), 1u);
  ASSERT_EQ(json::array_at(list, "paired")->size(), 1u);
  EXPECT_EQ(
      json::serialize(json::array_at(list, "paired")->at(0)),
      R"({"deviceId":"dev-1","publicKey":"key","displayName":"Desk","platform":"linux","deviceFamily":"pc",)"
      R"("createdAtMs":1700000000000,"approvedAtMs":1700000000000,"roles":["node","operator"],"tokens":[)"
      R"({"role":"node","scopes":[],"createdAtMs":1700000000000},)"
      R"({"role":"operator","scopes":["operator.read"],"createdAtMs":1700000000000}]})");
}

}  // namespace
}  // namespace gw::rpc
