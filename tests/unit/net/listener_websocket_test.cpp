#include <gtest/gtest.h>

#include "unit/net/net_fixture.hpp"

namespace gw::test {
namespace {

using Kind = ws::Item::Kind;

constexpr Millis kPing{300};

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

Script with_hello() {
  Script script;
  script.open = [](const HttpRequest&, Connection& connection) { connection.handshake_done(); };
  return script;
}

TEST(ListenerWebSocketTest, UpgradesAndEchoes) {
  Server server;
  Client client(server.socket.port);
  EXPECT_EQ(client.upgrade(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  client.send_text("hello");
  client.send_frame(ws::Opcode::Binary, "also text");
  EXPECT_EQ(client.read_text(), "hello");
  EXPECT_EQ(client.read_text(), "also text");
}

TEST(ListenerWebSocketTest, ServesAClientThatSendsByteByByte) {
  Server server;
  Client client(server.socket.port);
  client.write_bytewise(std::string(kUpgradeRequest) +
                        ws::encode_masked(ws::Opcode::Text, "slow", {1, 2, 3, 4}));
  EXPECT_EQ(client.upgrade("").substr(0, 12), "HTTP/1.1 101");
  EXPECT_EQ(client.read_text(), "slow");
}

TEST(ListenerWebSocketTest, ReadsFramesThatCameWithTheUpgrade) {
  Server server;
  Client client(server.socket.port);
  client.upgrade(ws::encode_masked(ws::Opcode::Text, "early", {1, 2, 3, 4}));
  EXPECT_EQ(client.read_text(), "early");
}

TEST(ListenerWebSocketTest, SendsWhatTheHandlerSaysWhileOpeningAfterTheAnswer) {
  Script script;
  script.open = [](const HttpRequest& request, Connection& connection) {
    connection.send(shared("challenge for " + request.target));
  };
  Server server(script);
  Client client(server.socket.port);
  EXPECT_EQ(client.upgrade().substr(0, 12), "HTTP/1.1 101");
  EXPECT_EQ(client.read_text(), "challenge for /any?x=1");
}

TEST(ListenerWebSocketTest, AnswersPingsWithTheirPayload) {
  Server server;
  Client client(server.socket.port);
  client.upgrade();
  client.send_frame(ws::Opcode::Ping, "marco");
  EXPECT_EQ(client.read_frame(), (Client::Frame{Kind::Pong, 0, "marco"}));
}

TEST(ListenerWebSocketTest, LimitsMessagesBeforeTheHelloAndLessAfterIt) {
  Script script;
  script.message = [](Connection& connection, std::string_view text) {
    if (text == "hello") connection.handshake_done();
    connection.send(shared(std::to_string(text.size())));
  };
  Server server(script);
  Client client(server.socket.port);
  client.upgrade();
  client.send_text(std::string(limits::kHandshakeFrameBytesMax, 'x'));
  EXPECT_EQ(client.read_text(), "65536");
  client.send_text("hello");
  EXPECT_EQ(client.read_text(), "5");
  client.send_text(std::string(limits::kFrameBytesMax, 'x'));
  EXPECT_EQ(client.read_text(), "26214400");
  client.write(std::string("\x81\xFF\0\0\0\0\x01\x90\0\x01mask", 14));
  EXPECT_EQ(client.read_frame(), close_frame(1009, ""));

  Client early(server.socket.port);
  early.upgrade();
  early.send_text(std::string(limits::kHandshakeFrameBytesMax + 1, 'x'));
  EXPECT_EQ(early.read_frame(), close_frame(1009, ""));
  EXPECT_TRUE(early.is_ended());
}

TEST(ListenerWebSocketTest, ClosesOnBrokenFrames) {
  Server server;
  for (const auto& [bytes, code] : std::vector<std::pair<std::string, int>>{
           {"\x81\x01x", 1002}, {std::string("\x81\x81\0\0\0\0\xFF", 7), 1007}}) {
    Client client(server.socket.port);
    client.upgrade();
    client.write(bytes);
    EXPECT_EQ(client.read_frame(), close_frame(code, ""));
    EXPECT_TRUE(client.is_ended());
  }
  EXPECT_TRUE(server.closed.wait_for(2));
}

TEST(ListenerWebSocketTest, PassesManyMessagesInOrder) {
  Server server(with_hello());
  Client client(server.socket.port);
  client.upgrade();
  std::string burst;
  for (int i = 0; i < 20'000; ++i)
    burst += ws::encode_masked(ws::Opcode::Text, std::to_string(i), {1, 2, 3, 4});
  std::thread writer([&] { client.write(burst); });
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(client.read_text(), std::to_string(i));
  writer.join();
}

TEST(ListenerWebSocketTest, HoldsWhatASlowReaderHasNotTakenAndCountsIt) {
  Server server(with_hello());
  Client client(server.socket.port, 4'096);
  client.upgrade();
  ASSERT_TRUE(server.opened.wait_for(1));
  const auto text = shared(std::string(100'000, 'm'));
  const Connection* connection = server.last;
  std::size_t unsent = 0;
  server.on_loop([&] {
    for (int i = 0; i < 200; ++i) server.last.load()->send(text);
    unsent = connection->unsent_bytes();
  });
  EXPECT_GE(unsent, 200 * text->size());
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.read_text(), *text);
  server.on_loop([&] { unsent = connection->unsent_bytes(); });
  EXPECT_EQ(unsent, 0U);
  EXPECT_EQ(text.use_count(), 1);
}

TEST(ListenerWebSocketTest, AnswersOnlyTheNewestPingOfAClientThatDoesNotRead) {
  Counter marked;
  Script script = with_hello();
  script.message = [&](Connection&, std::string_view) { marked.add(); };
  Server server(script);
  Client client(server.socket.port, 4'096);
  client.upgrade();
  ASSERT_TRUE(server.opened.wait_for(1));
  server.on_loop([&] { server.last.load()->send(shared(std::string(20'000'000, 'm'))); });
  server.on_loop([] {});  // The write has been tried and is stuck.
  for (int i = 0; i < 100; ++i) client.send_frame(ws::Opcode::Ping, std::to_string(i));
  client.send_text("marker");
  ASSERT_TRUE(marked.wait_for(1));
  EXPECT_EQ(client.read_text().size(), 20'000'000U);
  EXPECT_EQ(client.read_frame(), (Client::Frame{Kind::Pong, 0, "99"}));
  client.send_frame(ws::Opcode::Ping, "next");
  EXPECT_EQ(client.read_frame(), (Client::Frame{Kind::Pong, 0, "next"}));
}

TEST(ListenerWebSocketTest, PingsAfterTheHelloAndDropsAClientThatLeavesOneUnanswered) {
  Server server(with_hello(), {.ping_interval = kPing});
  Client client(server.socket.port);
  client.upgrade();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(client.read_frame(), (Client::Frame{Kind::Ping, 0, ""}));
    client.send_frame(ws::Opcode::Pong, "");
  }
  ASSERT_EQ(client.read_frame(), (Client::Frame{Kind::Ping, 0, ""}));
  client.send_text("not a pong");
  EXPECT_EQ(client.read_text(), "not a pong");
  EXPECT_TRUE(client.is_ended()) << "without a close frame";
  EXPECT_TRUE(server.closed.wait_for(1));
}

TEST(ListenerWebSocketTest, DoesNotPingBeforeTheHello) {
  Server server({}, {.ping_interval = Millis{1}});
  Client client(server.socket.port);
  client.upgrade();
  Counter later;
  std::unique_ptr<Timer> timer;
  server.on_loop([&] { timer = server.loop.after(Millis{20}, [&] { later.add(); }); });
  ASSERT_TRUE(later.wait_for(1));
  client.send_text("first");
  EXPECT_EQ(client.read_text(), "first");
  server.on_loop([&] { timer.reset(); });
}

TEST(ListenerWebSocketTest, TellsTheHandlerOnceWhenTheClientVanishes) {
  Server server;
  Client ended(server.socket.port);
  ended.upgrade();
  ended.end_output();
  EXPECT_TRUE(ended.is_ended());
  EXPECT_TRUE(server.closed.wait_for(1));
  Client reset(server.socket.port);
  reset.upgrade();
  reset.send_text("x");
  EXPECT_EQ(reset.read_text(), "x");
  reset.reset();
  EXPECT_TRUE(server.closed.wait_for(2));
  EXPECT_TRUE(server.is_empty_soon());
  EXPECT_EQ(server.closed.value(), 2);
}

}  // namespace
}  // namespace gw::test
