#include "protocol/websocket.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/protocol/websocket_helpers.hpp"

namespace gw::ws {
namespace {

std::vector<Seen> decode(std::string_view bytes, Role role = Role::Server) {
  Decoder decoder(role, kLimit);
  return items_of(decoder, std::string(bytes));
}

std::vector<Seen> decode_bytewise(std::string_view bytes) {
  Decoder decoder(Role::Server, kLimit);
  std::vector<Seen> seen;
  for (const char c : bytes) {
    for (Seen& item : items_of(decoder, std::string(1, c))) seen.push_back(std::move(item));
  }
  return seen;
}

// What a stream of bytes must give whatever the pieces it comes in.
void expect_items(const std::string& bytes, const std::vector<Seen>& expected) {
  EXPECT_EQ(decode(bytes), expected);
  EXPECT_EQ(decode_bytewise(bytes), expected);
}

TEST(WebSocketDecoderTest, ReadsMessagesOfEveryKindOfLength) {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 125U, 126U, 127U, 999U, 1'000U}) {
    expect_items(raw_frame(kText, std::string(size, 'x')), {text(std::string(size, 'x'))});
  }
}

TEST(WebSocketDecoderTest, ReadsAMessageThatNeedsALengthOfEightBytes) {
  Decoder decoder(Role::Server, 70'000);
  EXPECT_EQ(items_of(decoder, raw_frame(kText, std::string(70'000, 'y'))),
            (std::vector{text(std::string(70'000, 'y'))}));
}

TEST(WebSocketDecoderTest, TellsBinaryFromText) {
  expect_items(raw_frame(kBinary, "\xFF\xFE"), {Seen{Item::Kind::Message, false, 0, "\xFF\xFE"}});
}

TEST(WebSocketDecoderTest, JoinsFragmentsAndLetsControlFramesComeBetween) {
  expect_items(raw_frame(kFirstText, "ab") + raw_frame(kPing, "p") + raw_frame(kMiddle, "") +
                   raw_frame(kPong, "q") + raw_frame(kMiddle, "cd") + raw_frame(kLast, "ef") +
                   raw_frame(kText, "next"),
               {Seen{Item::Kind::Ping, false, 0, "p"}, Seen{Item::Kind::Pong, false, 0, "q"}, text("abcdef"),
                text("next")});
}

TEST(WebSocketDecoderTest, JoinsFragmentsThatSplitACharacter) {
  expect_items(raw_frame(kFirstText, "\xE2\x82") + raw_frame(kLast, "\xAC"), {text("€")});
}

TEST(WebSocketDecoderTest, AcceptsAMessageWhoseLastFragmentIsEmpty) {
  expect_items(raw_frame(kFirstText, "ab") + raw_frame(kLast, ""), {text("ab")});
  expect_items(raw_frame(kFirstText, "") + raw_frame(kLast, ""), {text("")});
}

TEST(WebSocketDecoderTest, ReadsACloseFrameAndNothingAfterIt) {
  expect_items(raw_frame(kClose,
                         "\x03\xE8"
                         "bye") +
                   raw_frame(kText, "late"),
               {Seen{Item::Kind::Close, false, 1000, "bye"}});
  expect_items(raw_frame(kClose, ""), {Seen{Item::Kind::Close, false, kCloseWithoutCode, ""}});
}

TEST(WebSocketDecoderTest, AcceptsOnlyCloseCodesThatMayBeSent) {
  for (const int code : {1000, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4001, 4999}) {
    const std::string payload = close_payload(static_cast<std::uint16_t>(code), "");
    expect_items(raw_frame(kClose, payload), {Seen{Item::Kind::Close, false, code, ""}});
  }
  for (const int code : {0, 999, 1004, 1006, 1015, 2999, 5000, 65535}) {
    const std::string payload = close_payload(static_cast<std::uint16_t>(code), "");
    expect_items(raw_frame(kClose, payload), {failure(1002)});
  }
  expect_items(raw_frame(kClose, std::string("\x03\xED", 2)), {failure(1002)});  // 1005
}

TEST(WebSocketDecoderTest, RefusesACloseFrameOfOneByte) {
  expect_items(raw_frame(kClose, "\x03"), {failure(1002)});
}

TEST(WebSocketDecoderTest, RefusesACloseReasonThatIsNotText) {
  expect_items(raw_frame(kClose, "\x03\xE8\xFF"), {failure(1007)});
}

TEST(WebSocketDecoderTest, RefusesReservedBits) {
  for (const unsigned bit : {0x40U, 0x20U, 0x10U}) expect_items(raw_frame(kText | bit, "x"), {failure(1002)});
}

TEST(WebSocketDecoderTest, RefusesUnknownOpcodes) {
  for (const unsigned opcode : {3U, 7U, 11U, 15U})
    expect_items(raw_frame(0x80 | opcode, "x"), {failure(1002)});
}

TEST(WebSocketDecoderTest, RefusesControlFramesThatAreLongOrFragmented) {
  expect_items(raw_frame(kPing, std::string(125, 'x')),
               {Seen{Item::Kind::Ping, false, 0, std::string(125, 'x')}});
  expect_items(raw_frame(kPing, std::string(126, 'x')), {failure(1002)});
  expect_items(raw_frame(kPing & 0x7F, "x"), {failure(1002)});
  expect_items(raw_frame(kClose & 0x7F, ""), {failure(1002)});
}

TEST(WebSocketDecoderTest, RefusesLengthsThatAreNotTheShortest) {
  expect_items(raw_frame(kText, std::string(125, 'x'), 2), {failure(1002)});
  expect_items(raw_frame(kText, std::string(126, 'x'), 8), {failure(1002)});
  expect_items(raw_frame(kText, std::string(10, 'x'), 8), {failure(1002)});
}

TEST(WebSocketDecoderTest, RefusesALengthWithItsTopBitSet) {
  expect_items(std::string("\x81\xFF\x80\0\0\0\0\0\0\0mask", 14), {failure(1002)});
}

TEST(WebSocketDecoderTest, RefusesAContinuationOfNothing) {
  expect_items(raw_frame(kLast, "x"), {failure(1002)});
  expect_items(raw_frame(kText, "a") + raw_frame(kMiddle, "x"), {text("a"), failure(1002)});
}

TEST(WebSocketDecoderTest, RefusesANewMessageInsideAnother) {
  expect_items(raw_frame(kFirstText, "a") + raw_frame(kText, "b"), {failure(1002)});
  expect_items(raw_frame(kFirstText, "") + raw_frame(kBinary, "b"), {failure(1002)});
}

TEST(WebSocketDecoderTest, WantsAMaskFromClientsAndNoneFromServers) {
  expect_items(raw_frame(kText, "x", -1, false), {failure(1002)});
  EXPECT_EQ(decode(raw_frame(kText, "x", -1, false), Role::Client), (std::vector{text("x")}));
  EXPECT_EQ(decode(raw_frame(kText, "x"), Role::Client), (std::vector{failure(1002)}));
}

TEST(WebSocketDecoderTest, RefusesTextThatIsNotUtf8) {
  for (const std::string_view bad :
       {"\xFF", "plain ascii first \xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xF5\x80\x80\x80"}) {
    expect_items(raw_frame(kText, bad), {failure(1007)});
  }
  expect_items(raw_frame(kText, "eight by\xC3\xA9 and more"), {text("eight by\xC3\xA9 and more")});
}

TEST(WebSocketDecoderTest, RefusesAMessageAboveTheLimitByItsHeaderAlone) {
  expect_items(raw_frame(kText, std::string(kLimit, 'x')), {text(std::string(kLimit, 'x'))});
  expect_items(raw_frame(kText, std::string(kLimit + 1, 'x')).substr(0, 8), {failure(1009)});
  expect_items(std::string("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFmask", 14), {failure(1009)});
}

TEST(WebSocketDecoderTest, CountsAllFragmentsAgainstTheLimit) {
  const std::string most(kLimit - 1, 'x');
  expect_items(raw_frame(kFirstText, most) + raw_frame(kLast, "y"), {text(most + "y")});
  expect_items(raw_frame(kFirstText, most) + raw_frame(kMiddle, "y") + raw_frame(kLast, "z"),
               {failure(1009)});
}

TEST(WebSocketDecoderTest, AppliesANewLimitFromTheNextFrameOn) {
  Decoder decoder(Role::Server, 10);
  EXPECT_EQ(items_of(decoder, raw_frame(kFirstText, "0123456789")).size(), 0U);
  decoder.set_message_bytes_max(20);
  EXPECT_EQ(items_of(decoder, raw_frame(kLast, "abc")), (std::vector{text("0123456789abc")}));

  EXPECT_EQ(items_of(decoder, raw_frame(kFirstText, "0123456789")).size(), 0U);
  decoder.set_message_bytes_max(5);
  EXPECT_EQ(items_of(decoder, raw_frame(kLast, "")), (std::vector{failure(1009)}));
}

TEST(WebSocketDecoderTest, DropsEverythingAfterAFailure) {
  Decoder decoder(Role::Server, kLimit);
  EXPECT_EQ(items_of(decoder, raw_frame(kLast, "x") + raw_frame(kText, "y")), (std::vector{failure(1002)}));
  EXPECT_TRUE(items_of(decoder, raw_frame(kText, "z")).empty());
  EXPECT_TRUE(decoder.state().is_over);
}

TEST(WebSocketDecoderTest, DoesNotCopyAMessageThatLiesInTheInput) {
  std::string bytes = raw_frame(kText, "in place");
  std::span<char> input(bytes);
  Decoder decoder(Role::Server, kLimit);
  const Item item = decoder.next(input);
  EXPECT_GE(item.payload.data(), bytes.data());
  EXPECT_LT(item.payload.data(), bytes.data() + bytes.size());
}

TEST(WebSocketDecoderTest, GoesOnFromAWrittenDownStateAnywhereInAMessage) {
  const std::string bytes =
      raw_frame(kFirstText, "abc") + raw_frame(kPing, "hello") + raw_frame(kLast, "def");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Decoder first(Role::Server, kLimit);
    std::vector<Seen> seen = items_of(first, bytes.substr(0, cut));
    Decoder second(Role::Server, first.state());
    for (Seen& item : items_of(second, bytes.substr(cut))) seen.push_back(std::move(item));
    EXPECT_EQ(seen, (std::vector{Seen{Item::Kind::Ping, false, 0, "hello"}, text("abcdef")}))
        << "cut at " << cut;
  }
}

// ---- Writing ----

TEST(WebSocketEncodeTest, WritesWhatTheOtherSideReads) {
  for (const std::size_t size : {0U, 125U, 126U, 65'535U, 65'536U, 100'000U}) {
    const std::string payload(size, 'z');
    Decoder server(Role::Server, size);
    Decoder client(Role::Client, size);
    EXPECT_EQ(items_of(server, encode_masked(Opcode::Text, payload, {1, 2, 3, 4})),
              (std::vector{text(payload)}));
    EXPECT_EQ(items_of(client, encode(Opcode::Text, payload)), (std::vector{text(payload)}));
    EXPECT_EQ(std::string(frame_header(Opcode::Text, size).view()) + payload, encode(Opcode::Text, payload));
  }
}

TEST(WebSocketEncodeTest, WritesTheExampleFramesOfTheRfc) {
  EXPECT_EQ(encode(Opcode::Text, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(encode_masked(Opcode::Text, "Hello", {0x37, 0xFA, 0x21, 0x3D}),
            "\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58");
}

TEST(WebSocketEncodeTest, CutsACloseReasonBetweenCharacters) {
  EXPECT_EQ(close_payload(1008, "slow consumer"), "\x03\xF0slow consumer");
  EXPECT_EQ(close_payload(kCloseWithoutCode, "dropped"), "");
  std::string reason(119, 'x');
  EXPECT_EQ(close_payload(1000, reason + "€"), "\x03\xE8" + reason);
  EXPECT_EQ(close_payload(1000, std::string(300, 'y')).size(), 2 + kCloseReasonBytesMax);
}

TEST(WebSocketEncodeTest, MasksAnyPieceAsPartOfTheWhole) {
  const MaskKey key{0xDE, 0xAD, 0xBE, 0xEF};
  std::string whole(37, 'm');
  std::string pieces = whole;
  apply_mask(whole, key);
  for (std::size_t i = 0; i < pieces.size(); i += 5) {
    apply_mask(std::span(pieces).subspan(i, std::min<std::size_t>(5, pieces.size() - i)), key, i);
  }
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(static_cast<unsigned char>(whole[9]), 'm' ^ 0xADU);
}

TEST(WebSocketEncodeTest, ComputesTheAcceptKeyOfTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace
}  // namespace gw::ws
