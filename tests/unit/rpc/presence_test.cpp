#include "rpc/presence.hpp"

#include <gtest/gtest.h>

namespace gw::rpc {
namespace {

constexpr UnixMillis kStart{1'700'000'000'000};
constexpr UnixMillis later(std::int64_t ms) { return {kStart.value + ms}; }

Client client_named(std::string name, std::string mode = "ui") {
  return {.conn_id = "conn-" + name,
          .client_id = "openclaw-macos",
          .client_mode = std::move(mode),
          .client_version = "9.6",
          .display_name = name,
          .platform = "macos",
          .role = "operator",
          .scopes = {"operator.read"},
          .address = "10.0.0.5",
          .connected_at = kStart};
}

Presence fresh() {
  return Presence({.host = "den", .ip = "10.0.0.2", .version = "0.1.0", .platform = "linux"});
}

std::string host_at(const json::Array& list, std::size_t index) {
  return std::string(json::text_or(list.at(index).get_object(), "host"));
}

TEST(PresenceTest, TheGatewayComesFirstAndIsAlwaysFresh) {
  Presence presence = fresh();
  (void)presence.connected(client_named("mac"), later(10));
  const json::Array list = presence.list(later(10));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(
      json::serialize(list.at(0)),
      R"({"host":"den","ip":"10.0.0.2","version":"0.1.0","platform":"linux","mode":"gateway","reason":"self",)"
      R"("text":"Gateway: den (10.0.0.2) · app 0.1.0 · mode gateway · reason self","ts":1700000000010})");
}

TEST(PresenceTest, AClientEntrySaysWhoItIs) {
  Presence presence = fresh();
  EXPECT_TRUE(presence.connected(client_named("mac"), later(10)));
  EXPECT_EQ(
      json::serialize(presence.list(later(20)).at(1)),
      R"({"host":"mac","ip":"10.0.0.5","version":"9.6","platform":"macos","mode":"ui","reason":"connect",)"
      R"("text":"Node: mac · mode ui","ts":1700000000010,"roles":["operator"],"scopes":["operator.read"],)"
      R"("instanceId":"conn-mac","clientId":"openclaw-macos","onlineSince":1700000000000})");
}

TEST(PresenceTest, ADisconnectReplacesTheEntryOfTheSameKey) {
  Presence presence = fresh();
  Client client = client_named("mac");
  client.device_id = "device";
  (void)presence.connected(client, later(10));
  client.conn_id = "another connection";
  EXPECT_TRUE(presence.disconnected(client, later(20)));
  const json::Array list = presence.list(later(30));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(json::text_or(list.at(1).get_object(), "reason"), "disconnect");
}

TEST(PresenceTest, ClientsWithoutADeviceAreKeyedByInstanceThenByConnection) {
  Presence presence = fresh();
  Client client = client_named("mac");
  client.instance_id = "instance";
  (void)presence.connected(client, later(0));
  client.conn_id = "conn-2";
  (void)presence.connected(client, later(1));
  EXPECT_EQ(presence.list(later(2)).size(), 2u);
  client.instance_id.clear();
  (void)presence.connected(client, later(3));
  EXPECT_EQ(presence.list(later(4)).size(), 3u);
}

TEST(PresenceTest, ShortLivedClientsAreNotListed) {
  Presence presence = fresh();
  for (const char* mode : {"cli", "backend", "probe"}) {
    EXPECT_FALSE(presence.connected(client_named("x", mode), later(0)));
    EXPECT_FALSE(presence.disconnected(client_named("x", mode), later(0)));
  }
  for (const char* mode : {"ui", "webchat", "node", "test", "worker"}) {
    EXPECT_TRUE(presence.connected(client_named(mode, mode), later(0)));
  }
  EXPECT_EQ(presence.list(later(1)).size(), 6u);
}

TEST(PresenceTest, TheNewestComesNext) {
  Presence presence = fresh();
  (void)presence.connected(client_named("b"), later(1));
  (void)presence.connected(client_named("c"), later(3));
  (void)presence.connected(client_named("a"), later(2));
  const json::Array list = presence.list(later(4));
  EXPECT_EQ(host_at(list, 1), "c");
  EXPECT_EQ(host_at(list, 2), "a");
  EXPECT_EQ(host_at(list, 3), "b");
}

TEST(PresenceTest, AnEntryExpiresFiveMinutesAfterItsLastUpdate) {
  Presence presence = fresh();
  (void)presence.connected(client_named("mac"), later(0));
  EXPECT_EQ(presence.list(later(300'000)).size(), 2u);
  EXPECT_EQ(presence.list(later(300'001)).size(), 1u);
}

TEST(PresenceTest, HoldsTwoHundredEntriesAndForgetsTheOldest) {
  Presence presence = fresh();
  for (int i = 0; i < 250; ++i) (void)presence.connected(client_named(std::to_string(i)), later(i));
  const json::Array list = presence.list(later(250));
  EXPECT_EQ(list.size(), 200u);
  EXPECT_EQ(host_at(list, 1), "249");
  EXPECT_EQ(host_at(list, 199), "51");
}

TEST(PresenceTest, TheVersionGrowsWithEveryChangeOnly) {
  Presence presence = fresh();
  EXPECT_EQ(presence.version(), 1);
  (void)presence.connected(client_named("cli", "cli"), later(0));
  (void)presence.list(later(0));
  EXPECT_EQ(presence.version(), 1);
  (void)presence.connected(client_named("mac"), later(0));
  EXPECT_EQ(presence.version(), 2);
  presence.update("device", {.host = "phone", .last_input_seconds = 4, .tags = {"x"}}, later(1));
  EXPECT_EQ(presence.version(), 3);
  EXPECT_EQ(json::serialize(presence.list(later(1)).at(1)),
            R"({"host":"phone","lastInputSeconds":4,"tags":["x"],"ts":1700000000001})");
}

}  // namespace
}  // namespace gw::rpc
