#include <gtest/gtest.h>

#include "unit/net/net_fixture.hpp"

namespace gw::test {
namespace {

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

TEST(ListenerCloseTest, EchoesTheCodeOfTheClient) {
  Server server;
  Client client(server.socket.port);
  client.upgrade();
  client.send_frame(ws::Opcode::Close, ws::close_payload(4001, "bye"));
  EXPECT_EQ(client.read_frame(), close_frame(4001, ""));
  EXPECT_TRUE(client.is_ended());
  client.end_output();
  EXPECT_TRUE(server.closed.wait_for(1));
}

TEST(ListenerCloseTest, AnswersAnEmptyCloseFrameWithAnEmptyOne) {
  Server server;
  Client client(server.socket.port);
  client.upgrade();
  client.send_frame(ws::Opcode::Close, "");
  EXPECT_EQ(client.read_frame(), close_frame(ws::kCloseWithoutCode, ""));
  EXPECT_TRUE(client.is_ended());
}

TEST(ListenerCloseTest, SendsWhatWasQueuedBeforeItsCloseFrameAndNothingAfter) {
  int closed_inside = -1;
  Server* running = nullptr;
  Script script;
  script.message = [&](Connection& connection, std::string_view) {
    connection.send(shared("last words"));
    connection.close(1008, "policy");
    connection.close(1011, "again");
    connection.send(shared("too late"));
    closed_inside = running->closed.value();
  };
  Server server(script);
  running = &server;
  Client client(server.socket.port);
  client.upgrade();
  client.send_text("go");
  EXPECT_EQ(client.read_text(), "last words");
  EXPECT_EQ(client.read_frame(), close_frame(1008, "policy"));
  client.send_frame(ws::Opcode::Close, ws::close_payload(1008, ""));
  EXPECT_TRUE(client.is_ended());
  client.end_output();
  EXPECT_TRUE(server.closed.wait_for(1));
  EXPECT_EQ(closed_inside, 0);
}

TEST(ListenerCloseTest, DeliversNoMessageAfterTheHandlerClosed) {
  Counter messages;
  Script script;
  script.message = [&](Connection& connection, std::string_view) {
    messages.add();
    connection.close(1000, "");
  };
  Server server(script);
  Client client(server.socket.port);
  client.upgrade();
  const std::string frame = ws::encode_masked(ws::Opcode::Text, "m", {1, 2, 3, 4});
  client.write(frame + frame + frame);
  EXPECT_EQ(client.read_frame(), close_frame(1000, ""));
  client.write(frame + ws::encode_masked(ws::Opcode::Ping, "p", {1, 2, 3, 4}));
  client.send_frame(ws::Opcode::Close, "");
  EXPECT_TRUE(client.is_ended());
  client.end_output();
  EXPECT_TRUE(server.closed.wait_for(1));
  EXPECT_EQ(messages.value(), 1);
}

TEST(ListenerCloseTest, EndsTheSocketOfAClientThatNeverAnswersTheClose) {
  Script script;
  script.message = [](Connection& connection, std::string_view) { connection.close(1000, ""); };
  Server server(script, {.close_grace = Millis{20}});
  Client client(server.socket.port);
  client.upgrade();
  client.send_text("go");
  EXPECT_EQ(client.read_frame(), close_frame(1000, ""));
  EXPECT_TRUE(client.is_ended());
  client.end_output();
  EXPECT_TRUE(server.closed.wait_for(1));
}

TEST(ListenerCloseTest, EndsTheSocketOfAClientThatNeverReads) {
  Script script;
  script.message = [](Connection& connection, std::string_view) {
    connection.send(shared(std::string(20'000'000, 'x')));
    connection.close(1008, "slow consumer");
  };
  Server server(script, {.close_grace = Millis{20}});
  Client client(server.socket.port, 4'096);
  client.upgrade();
  client.send_text("go");
  EXPECT_TRUE(server.closed.wait_for(1));
  EXPECT_TRUE(server.is_empty_soon());
}

TEST(ListenerCloseTest, MayCloseWhileOpening) {
  Script script;
  script.open = [](const HttpRequest&, Connection& connection) {
    connection.close(1013, "gateway starting");
  };
  Server server(script);
  Client client(server.socket.port);
  client.upgrade();
  EXPECT_EQ(client.read_frame(), close_frame(1013, "gateway starting"));
}

TEST(ListenerCloseTest, ClosesAllAndSaysWhenNothingIsLeft) {
  Server server;
  std::vector<Client> clients(3);
  for (Client& client : clients) {
    client = Client(server.socket.port);
    client.upgrade();
  }
  Counter done;
  server.on_loop([&] {
    server.listener->close_all(1012, "service restart", [&] { done.add(); });
    EXPECT_EQ(done.value(), 0);
  });
  for (Client& client : clients) {
    EXPECT_EQ(client.read_frame(), close_frame(1012, "service restart"));
    EXPECT_EQ(done.value(), 0);
    client.send_frame(ws::Opcode::Close, ws::close_payload(1012, ""));
  }
  for (Client& client : clients) EXPECT_TRUE(client.is_ended());
  clients.clear();
  EXPECT_TRUE(done.wait_for(1));
  EXPECT_EQ(server.closed.value(), 3);
}

TEST(ListenerCloseTest, SaysAtOnceThatNothingIsLeftWhenNothingWas) {
  Server server;
  Counter done;
  server.on_loop([&] {
    server.listener->close_all(1012, "", [&] { done.add(); });
    EXPECT_EQ(done.value(), 0) << "not inside the call";
  });
  EXPECT_TRUE(done.wait_for(1));
}

TEST(ListenerCloseTest, ServesRequestsThatWereOnTheirWayWhenAllIsClosed) {
  Server server({}, {.close_grace = Millis{5'000}});
  Client upgrading(server.socket.port);
  Client asking(server.socket.port);
  upgrading.write(kUpgradeRequest.substr(0, 20));
  asking.write("GET / HTTP/1.1\r\n");
  std::size_t count = 0;
  while (count < 2) server.on_loop([&] { count = server.listener->connection_count(); });

  server.on_loop([&] { server.listener->close_all(1012, "service restart", [] {}); });
  asking.write("Host: x\r\n\r\n");
  EXPECT_EQ(asking.read_to_end()->substr(0, 15), "HTTP/1.1 200 OK");
  upgrading.write(kUpgradeRequest.substr(20));
  EXPECT_EQ(upgrading.upgrade().substr(0, 12), "HTTP/1.1 101");
  EXPECT_EQ(upgrading.read_frame(), close_frame(1012, "service restart"));
  EXPECT_EQ(server.opened.value(), 0);
}

TEST(ListenerCloseTest, DoesNotWaitLongForSilentAndSlowClients) {
  Script script;
  script.handle = [](const HttpRequest&) { return HttpResponse{200, {}, std::string(20'000'000, 'z')}; };
  Server server(script, {.close_grace = Millis{20}});
  Client silent(server.socket.port);
  Client half(server.socket.port);
  half.write("GET /");
  Client slow(server.socket.port, 4'096);
  slow.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  std::size_t count = 0;
  while (count < 3) server.on_loop([&] { count = server.listener->connection_count(); });
  Counter done;
  server.on_loop([&] { server.listener->close_all(1012, "", [&] { done.add(); }); });
  EXPECT_TRUE(done.wait_for(1));
}

TEST(ListenerCloseTest, ServesAgainWhenStartedAfterClosingAll) {
  Server server;
  Counter done;
  server.on_loop([&] {
    server.listener->stop_accepting();
    server.listener->close_all(1012, "", [&] { done.add(); });
  });
  ASSERT_TRUE(done.wait_for(1));
  Client waiting(server.socket.port);  // In the backlog.
  server.on_loop([&] { EXPECT_TRUE(server.listener->start(server.socket.fd())); });
  waiting.upgrade();
  waiting.send_text("still here");
  EXPECT_EQ(waiting.read_text(), "still here");
}

TEST(ListenerCloseTest, LeavesNewConnectionsToAnotherListenerOfTheSameSocket) {
  Script first_script;
  first_script.handle = [](const HttpRequest&) { return HttpResponse{200, {}, "first"}; };
  Script second_script;
  second_script.handle = [](const HttpRequest&) { return HttpResponse{200, {}, "second"}; };
  Server first(first_script);
  Client old(first.socket.port);
  old.upgrade();
  first.on_loop([&] { first.listener->stop_accepting(); });

  Server second(first.socket.fd(), second_script);
  for (int i = 0; i < 5; ++i) {
    Client client(first.socket.port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_to_end()->ends_with("second"));
  }
  old.send_text("still served");
  EXPECT_EQ(old.read_text(), "still served");
}

TEST(ListenerCloseTest, WhoWaitsAtASocketThatItLeavesIsServedAndNobodyAfterThat) {
  Server server;
  ListeningSocket other;
  std::optional<Client> waiting;
  server.on_loop([&] {
    ASSERT_TRUE(server.listener->start(other.fd()));
    waiting.emplace(server.socket.port);  // The loop is busy here, so nobody has accepted it yet.
    server.listener->leave(server.socket.fd());
    server.socket.socket = net::Socket();
  });
  waiting->upgrade();
  waiting->send_text("was waiting");
  EXPECT_EQ(waiting->read_text(), "was waiting");
  Client later(other.port);
  later.upgrade();
  later.send_text("came to the other");
  EXPECT_EQ(later.read_text(), "came to the other");
}

TEST(ListenerCloseTest, SharesTheSocketWithAnotherListenerWithoutLosingAnyone) {
  Server first;
  Server second(first.socket.fd(), {});
  for (int i = 0; i < 50; ++i) {
    Client client(first.socket.port);
    client.upgrade();
    client.send_text("x");
    ASSERT_EQ(client.read_text(), "x");
  }
  EXPECT_EQ(first.opened.value() + second.opened.value(), 50);
}

TEST(ListenerCloseTest, TellsEveryHandlerWhenTheListenerIsDestroyed) {
  Server server;
  Client client(server.socket.port);
  client.upgrade();
  ASSERT_TRUE(server.opened.wait_for(1));
  server.on_loop([&] { server.listener.reset(); });
  EXPECT_EQ(server.closed.value(), 1);
  EXPECT_TRUE(client.is_ended());
}

}  // namespace
}  // namespace gw::test
