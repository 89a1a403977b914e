#include <gtest/gtest.h>

#include "net/socket_connection.hpp"
#include "unit/net/net_fixture.hpp"

namespace gw::test {
namespace {

/// Two servers on one listening socket. Only the first accepts until `hand_over`.
struct TwoServers {
  explicit TwoServers(Script first = {}, Script second = {}) : old(first), next(other.fd(), second) {}

  std::size_t hand_over() {
    std::vector<net::HandedSocket> handed;
    old.on_loop([&] {
      old.listener->stop_accepting();
      handed = old.listener->release_handshakes();
    });
    const std::size_t count = handed.size();
    next.on_loop([&] {
      for (net::HandedSocket& one : handed) EXPECT_TRUE(next.listener->adopt(std::move(one)));
    });
    return count;
  }

  void wait_accepted(std::size_t count) {
    std::size_t now = 0;
    while (now < count) old.on_loop([&] { now = old.listener->connection_count(); });
  }

  ListeningSocket other;
  Server old;
  Server next;
};

TEST(ListenerHandoverTest, AHalfReadRequestIsAnsweredByTheNext) {
  TwoServers servers;
  Client silent(servers.old.socket.port);
  Client half(servers.old.socket.port);
  half.write("GET / HT");
  servers.wait_accepted(2);
  EXPECT_EQ(servers.hand_over(), 2U);
  EXPECT_TRUE(servers.old.is_empty_soon());
  half.write("TP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_TRUE(half.read_to_end().value_or("").starts_with("HTTP/1.1 200 "));
  EXPECT_NE(silent.upgrade().find(" 101 "), std::string::npos);
}

TEST(ListenerHandoverTest, AWebSocketGoesOnWithItsRequestItsStateAndItsHalfFrame) {
  HttpRequest seen;
  HandshakeState state;
  Script first;
  first.release = [] { return HandshakeState{"conn", "nonce", Instant{Millis{7}}, "unanswered"}; };
  Counter first_messages;
  first.message = [&](Connection&, std::string_view) { first_messages.add(); };
  Script second;
  second.resume = [&](const HttpRequest& request, const HandshakeState& from) {
    seen = request;
    state = from;
  };
  TwoServers servers(first, second);
  Client client(servers.old.socket.port);
  client.upgrade();
  const std::string frame = ws::encode_masked(ws::Opcode::Text, "second", {1, 2, 3, 4});
  client.write(ws::encode_masked(ws::Opcode::Text, "first", {5, 6, 7, 8}) + frame.substr(0, 9));
  ASSERT_TRUE(first_messages.wait_for(1));
  EXPECT_EQ(servers.hand_over(), 1U);
  EXPECT_TRUE(servers.old.closed.wait_for(1));
  client.write(frame.substr(9));
  EXPECT_EQ(client.read_text(), "unanswered");
  EXPECT_EQ(client.read_text(), "second");
  EXPECT_EQ(seen.target, "/any?x=1");
  EXPECT_EQ(seen.header("host"), "here");
  EXPECT_TRUE(seen.peer_is_loopback);
  EXPECT_EQ(state.conn_id, "conn");
  EXPECT_EQ(state.nonce, "nonce");
  EXPECT_EQ(state.deadline, Instant{Millis{7}});
  EXPECT_TRUE(state.unanswered.empty());
}

TEST(ListenerHandoverTest, WhatWasNotWrittenYetIsWrittenByTheNext) {
  const std::string big(8'000'000, 'x');
  Script first;
  first.open = [&](const HttpRequest&, Connection& connection) {
    connection.send(std::make_shared<const std::string>(big));
  };
  TwoServers servers(first);
  Client client(servers.old.socket.port, 4'096);
  client.upgrade();
  ASSERT_TRUE(servers.old.opened.wait_for(1));
  EXPECT_EQ(servers.hand_over(), 1U);
  EXPECT_EQ(client.read_text(), big);
  client.send_text("still there");
  EXPECT_EQ(client.read_text(), "still there");
}

TEST(ListenerHandoverTest, WhoHasAHelloOrIsClosingStays) {
  Script script;
  script.message = [](Connection& connection, std::string_view text) {
    if (text == "hello") connection.handshake_done();
    if (text == "bye") connection.close(1000, "");
    connection.send(std::make_shared<const std::string>(text));
  };
  TwoServers servers(script);
  Client greeted(servers.old.socket.port);
  greeted.upgrade();
  greeted.send_text("hello");
  EXPECT_EQ(greeted.read_text(), "hello");
  Client closing(servers.old.socket.port);
  closing.upgrade();
  closing.send_text("bye");
  EXPECT_EQ(closing.read_frame(), close_frame(1000, ""));
  EXPECT_EQ(servers.hand_over(), 0U);
  greeted.send_text("here");
  EXPECT_EQ(greeted.read_text(), "here");
}

TEST(ListenerHandoverTest, AHandlerThatDoesNotLetGoKeepsItsConnection) {
  Script script;
  script.release = [] { return std::optional<HandshakeState>(); };
  TwoServers servers(script);
  Client client(servers.old.socket.port);
  client.upgrade();
  EXPECT_EQ(servers.hand_over(), 0U);
  client.send_text("here");
  EXPECT_EQ(client.read_text(), "here");
}

TEST(ListenerHandoverTest, ADamagedStateClosesOnlyItsOwnConnection) {
  TwoServers servers;
  Client client(servers.old.socket.port);
  client.upgrade();
  servers.old.on_loop([&] {
    auto handed = servers.old.listener->release_handshakes();
    ASSERT_EQ(handed.size(), 1U);
    handed.front().state.head = "no head";
    EXPECT_FALSE(servers.old.listener->adopt(std::move(handed.front())));
  });
  EXPECT_TRUE(client.is_ended());
}

TEST(ListenerHandoverTest, TheTimeOfAHeadGoesOn) {
  TwoServers servers;
  Client client(servers.old.socket.port);
  client.write("GET");
  servers.wait_accepted(1);
  servers.old.on_loop([&] {
    auto handed = servers.old.listener->release_handshakes();
    ASSERT_EQ(handed.size(), 1U);
    EXPECT_GT(handed.front().state.deadline, servers.old.loop.now());
    handed.front().state.deadline = servers.old.loop.now();
    EXPECT_TRUE(servers.old.listener->adopt(std::move(handed.front())));
  });
  EXPECT_TRUE(client.read_to_end().value_or("").starts_with("HTTP/1.1 408 "));
}

}  // namespace
}  // namespace gw::test
