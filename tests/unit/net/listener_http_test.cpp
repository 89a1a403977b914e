#include <gtest/gtest.h>

#include "unit/net/net_fixture.hpp"

namespace gw::test {
namespace {

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: here\r\nX-One: 1\r\n\r\n";

Script echo_target() {
  Script script;
  script.handle = [](const HttpRequest& request) {
    return HttpResponse{200, {{"X-Peer", request.peer_address}}, request.method + " " + request.target};
  };
  return script;
}

std::string first_line(const std::optional<std::string>& response) {
  return response ? response->substr(0, response->find("\r\n")) : "no answer";
}

TEST(ListenerHttpTest, AnswersARequestAndEndsTheConnection) {
  Server server(echo_target());
  Client client(server.socket.port);
  client.write(kGet);
  EXPECT_EQ(client.read_to_end(),
            "HTTP/1.1 200 OK\r\nX-Peer: 127.0.0.1\r\nContent-Length: 6\r\nConnection: close\r\n\r\nGET /x");
}

TEST(ListenerHttpTest, ReadsARequestByteByByte) {
  Server server(echo_target());
  Client client(server.socket.port);
  client.write_bytewise(kGet);
  EXPECT_EQ(first_line(client.read_to_end()), "HTTP/1.1 200 OK");
}

TEST(ListenerHttpTest, GivesTheHandlerTheWholeHead) {
  HttpRequest seen;
  Script script;
  script.handle = [&](const HttpRequest& request) {
    seen = request;
    return HttpResponse{204, {}, ""};
  };
  Server server(script);
  Client client(server.socket.port);
  client.write(kGet);
  EXPECT_EQ(first_line(client.read_to_end()), "HTTP/1.1 204 No Content");
  server.on_loop([] {});
  EXPECT_EQ(seen.header("x-one"), "1");
  EXPECT_TRUE(seen.peer_is_loopback);
}

TEST(ListenerHttpTest, SendsNoBodyForHead) {
  Server server(echo_target());
  Client client(server.socket.port);
  client.write("HEAD /x HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_EQ(client.read_to_end(),
            "HTTP/1.1 200 OK\r\nX-Peer: 127.0.0.1\r\nContent-Length: 7\r\nConnection: close\r\n\r\n");
}

TEST(ListenerHttpTest, DeliversItsAnswerToAClientThatSendsABody) {
  Server server(echo_target());
  Client client(server.socket.port);
  client.write("POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 2000000\r\n\r\n");
  client.write(std::string(2'000'000, 'b'));
  client.end_output();
  EXPECT_EQ(first_line(client.read_to_end()), "HTTP/1.1 200 OK");
  EXPECT_TRUE(server.is_empty_soon());
}

TEST(ListenerHttpTest, DeliversALargeAnswerToASlowClientThatHasEndedItsSide) {
  Script script;
  script.handle = [](const HttpRequest&) { return HttpResponse{200, {}, std::string(8'000'000, 'z')}; };
  Server server(script, {.handshake_timeout = Millis{60'000}, .close_grace = Millis{60'000}});
  Client client(server.socket.port, 4'096);
  client.write(kGet);
  client.end_output();
  const auto response = client.read_to_end();
  ASSERT_TRUE(response);
  EXPECT_GT(response->size(), 8'000'000U);
  EXPECT_TRUE(server.is_empty_soon());
}

TEST(ListenerHttpTest, RefusesMalformedAndEndlessHeads) {
  Server server;
  for (const auto& [bytes, line] : std::vector<std::pair<std::string, std::string>>{
           {"GET / HTTP/1.1\n\n", "HTTP/1.1 400 Bad Request"},
           {"\x16\x03\x01\x02", "HTTP/1.1 400 Bad Request"},
           {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
           {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported"},
           {std::string(limits::kHttpHeadBytesMax + 1, 'x'),
            "HTTP/1.1 431 Request Header Fields Too Large"}}) {
    Client client(server.socket.port);
    client.write(bytes);
    EXPECT_EQ(first_line(client.read_to_end()), line);
  }
}

TEST(ListenerHttpTest, RefusesAWrongUpgradeAndNamesTheVersionItSpeaks) {
  Server server;
  Client client(server.socket.port);
  client.write("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  const auto response = client.read_to_end();
  EXPECT_EQ(first_line(response), "HTTP/1.1 426 Upgrade Required");
  EXPECT_NE(response->find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
  EXPECT_EQ(server.opened.value(), 0);
}

TEST(ListenerHttpTest, AnswersAnUpgradeThatTheAcceptorDoesNotWant) {
  Server server;
  server.refusal = HttpResponse{403, {}, "not from there"};
  Client client(server.socket.port);
  client.write(kUpgradeRequest);
  const auto response = client.read_to_end();
  EXPECT_EQ(first_line(response), "HTTP/1.1 403 Forbidden");
  EXPECT_TRUE(response->ends_with("not from there"));
  EXPECT_EQ(server.opened.value(), 0);
}

TEST(ListenerHttpTest, TimesOutAHeadThatNeverEnds) {
  Server server({}, {.handshake_timeout = Millis{20}});
  Client client(server.socket.port);
  client.write("GET / HTTP/1.1\r\nHost:");
  EXPECT_EQ(first_line(client.read_to_end()), "HTTP/1.1 408 Request Timeout");
}

TEST(ListenerHttpTest, EndsASilentConnectionWithoutAnAnswer) {
  Server server({}, {.handshake_timeout = Millis{20}});
  Client client(server.socket.port);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(ListenerHttpTest, EndsAConnectionWhoseClientStaysAfterItsAnswer) {
  Server server({}, {.close_grace = Millis{20}});
  Client client(server.socket.port);
  client.write(kGet);
  EXPECT_EQ(first_line(client.read_to_end()), "HTTP/1.1 200 OK");
  EXPECT_TRUE(server.is_empty_soon()) << "although the client keeps its side open";
}

TEST(ListenerHttpTest, ForgetsClientsThatVanishInTheMiddleOfTheirHead) {
  Server server;
  Client ended(server.socket.port);
  ended.write("GET /");
  ended.end_output();
  EXPECT_EQ(ended.read_to_end(), "");
  Client reset(server.socket.port);
  reset.write("GET /");
  reset.reset();
  EXPECT_TRUE(server.is_empty_soon());
}

}  // namespace
}  // namespace gw::test
