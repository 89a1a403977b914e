#include "protocol/handshakes.hpp"

#include <gtest/gtest.h>

namespace gw::handshakes {
namespace {

Handshake websocket() {
  Handshake one;
  one.peer_address = "::1";
  one.peer_is_loopback = true;
  one.is_websocket = true;
  one.head = "GET / HTTP/1.1\r\nX: \xFF\r\n\r\n";
  one.unsent = std::string("\x81\x00half a frame", 14);
  one.deadline = Instant{Millis{1'234'567}};
  one.input = std::string("\x81\xFE\x00", 3);
  one.conn_id = "conn";
  one.nonce = "n-1";
  return one;
}

TEST(HandshakesTest, EveryMemberSurvivesTheWayWhateverItsBytes) {
  Handshake http;
  http.peer_address = "10.0.0.7";
  http.head = "GE";
  const auto decoded = decode(encode({websocket(), http}));
  ASSERT_TRUE(decoded.has_value());
  ASSERT_EQ(decoded->size(), 2U);
  const Handshake& first = decoded->front();
  EXPECT_EQ(first.peer_address, "::1");
  EXPECT_TRUE(first.peer_is_loopback);
  EXPECT_TRUE(first.is_websocket);
  EXPECT_EQ(first.head, websocket().head);
  EXPECT_EQ(first.unsent, websocket().unsent);
  EXPECT_EQ(first.deadline, websocket().deadline);
  EXPECT_EQ(first.input, websocket().input);
  EXPECT_EQ(first.conn_id, "conn");
  EXPECT_EQ(first.nonce, "n-1");
  EXPECT_EQ(decoded->back().peer_address, "10.0.0.7");
  EXPECT_FALSE(decoded->back().is_websocket);
  EXPECT_FALSE(decoded->back().peer_is_loopback);
  EXPECT_EQ(decoded->back().head, "GE");
}

TEST(HandshakesTest, AnEmptyListIsAList) { EXPECT_TRUE(decode(encode({}))->empty()); }

TEST(HandshakesTest, EveryPrefixOfAListIsRefused) {
  const std::string text = encode({websocket()});
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto decoded = decode(std::string_view(text).substr(0, size));
    ASSERT_FALSE(decoded.has_value()) << size;
    EXPECT_EQ(decoded.error().code, Code::InvalidRequest);
  }
}

TEST(HandshakesTest, AMemberThatIsMissingOrOfAnotherTypeIsRefusedWithItsPlace) {
  for (const char* key :
       {"peer", "isLoopback", "isWebSocket", "head", "unsent", "deadlineMs", "input", "connId", "nonce"}) {
    std::string text = encode({websocket(), websocket()});
    const std::string name = '"' + std::string(key) + '"';
    text.replace(text.rfind(name), name.size(), "\"other\"");
    const auto decoded = decode(text);
    ASSERT_FALSE(decoded.has_value()) << key;
    EXPECT_NE(decoded.error().message.find("handshake 1 in"), std::string::npos) << decoded.error().message;
  }
  EXPECT_FALSE(decode(R"({"v":1,"handshakes":[7]})").has_value());
  EXPECT_FALSE(decode(R"({"v":1,"handshakes":[{"peer":1}]})").has_value());
}

TEST(HandshakesTest, BytesThatAreNotBase64AreRefused) {
  std::string text = encode({websocket()});
  text.replace(text.find("\"head\":\"") + 8, 1, "*");
  EXPECT_FALSE(decode(text).has_value());
}

TEST(HandshakesTest, AnotherVersionIsRefused) {
  EXPECT_FALSE(decode(R"({"v":2,"handshakes":[]})").has_value());
  EXPECT_FALSE(decode(R"({"handshakes":[]})").has_value());
  EXPECT_FALSE(decode(R"({"v":1})").has_value());
  EXPECT_FALSE(decode("[]").has_value());
}

}  // namespace
}  // namespace gw::handshakes
