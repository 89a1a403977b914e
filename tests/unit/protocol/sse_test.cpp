#include "protocol/sse.hpp"

#include <gtest/gtest.h>

namespace gw::sse {
namespace {

// The events of `stream`, fed in pieces of `piece` bytes.
std::vector<Event> decode(std::string_view stream, std::size_t piece = std::string_view::npos) {
  Decoder decoder;
  std::vector<Event> events;
  while (!stream.empty()) {
    const std::string_view part = stream.substr(0, piece);
    EXPECT_TRUE(decoder.feed(part, events));
    stream.remove_prefix(part.size());
  }
  return events;
}

std::string shown(const std::vector<Event>& events) {
  std::string all;
  for (const Event& event : events) all += "[" + event.name + "|" + event.data + "|" + event.id + "]";
  return all;
}

TEST(SseTest, ReadsNameDataAndId) {
  EXPECT_EQ(shown(decode("event: add\ndata: one\nid: 7\n\n")), "[add|one|7]");
}

TEST(SseTest, JoinsDataLinesWithNewlines) {
  EXPECT_EQ(shown(decode("data: a\ndata:\ndata: c\n\n")), "[|a\n\nc|]");
}

TEST(SseTest, RemovesOneSpaceAfterTheColonOnly) {
  EXPECT_EQ(shown(decode("data:a\n\ndata: b\n\ndata:  c\n\n")), "[|a|][|b|][| c|]");
}

TEST(SseTest, AFieldWithoutColonIsEmpty) { EXPECT_EQ(shown(decode("data\n\ndata\ndata\n\n")), "[||][|\n|]"); }

TEST(SseTest, IgnoresCommentsAndUnknownFields) {
  EXPECT_EQ(shown(decode(": hello\nretry: 10\nother: x\ndata: a\n:\n\n")), "[|a|]");
}

TEST(SseTest, AnEventWithoutDataIsNoneButItsIdStays) {
  EXPECT_EQ(shown(decode("id: 1\nevent: x\n\ndata: a\n\n")), "[|a|1]");
}

TEST(SseTest, AnIdWithANulIsIgnored) {
  EXPECT_EQ(shown(decode(std::string_view("id: 1\nid: a\0b\ndata: a\n\n", 23))), "[|a|1]");
}

TEST(SseTest, KnowsAllThreeLineEnds) {
  for (const std::string_view end : {"\n", "\r", "\r\n"}) {
    std::string stream;
    for (const char* line : {"data: a", "data: b", "", "data: c", ""}) stream.append(line).append(end);
    EXPECT_EQ(shown(decode(stream)), "[|a\nb|][|c|]");
    EXPECT_EQ(shown(decode(stream, 1)), "[|a\nb|][|c|]");
  }
}

TEST(SseTest, SkipsAByteOrderMarkAtTheStartOnly) {
  EXPECT_EQ(shown(decode("\xEF\xBB\xBF"
                         "data: a\n\n\xEF\xBB\xBF"
                         "data: b\n\n")),
            "[|a|]");
  EXPECT_EQ(shown(decode("\xEF\xBB\xBF"
                         "data: a\n\n",
                         1)),
            "[|a|]");
}

TEST(SseTest, WhatIsNotFinishedIsNoEvent) {
  EXPECT_EQ(shown(decode("data: a\n\ndata: b\n")), "[|a|]");
  EXPECT_EQ(shown(decode("data: a\n\ndata: b")), "[|a|]");
}

TEST(SseTest, CutsAnywhereGiveTheSameEvents) {
  const std::string_view stream =
      "\xEF\xBB\xBF: hi\r\nevent: x\r\ndata: gr\xC3\xBC\xC3\x9F \xF0\x9F\xA6\x9E\r\nid: 3\r\n\r\ndata: "
      "b\rdata: c\r\rdata: d\n\n";
  const std::string whole = shown(decode(stream));
  EXPECT_EQ(whole, "[x|gr\xC3\xBC\xC3\x9F \xF0\x9F\xA6\x9E|3][|b\nc|3][|d|3]");
  for (std::size_t piece = 1; piece < stream.size(); ++piece)
    EXPECT_EQ(shown(decode(stream, piece)), whole) << piece;
}

TEST(SseTest, ALineOverItsLimitIsAnErrorForGood) {
  Decoder decoder({.line_bytes_max = 10, .event_bytes_max = 100});
  std::vector<Event> events;
  EXPECT_TRUE(decoder.feed("data: a\n\ndata: 1234\n\n", events));
  const auto failed = decoder.feed("data: 12345", events);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::InvalidRequest);
  EXPECT_EQ(failed.error().message, "a line of the event stream is longer than 10 bytes");
  EXPECT_EQ(shown(events), "[|a|][|1234|]");
  EXPECT_FALSE(decoder.feed("\n\ndata: b\n\n", events));
  EXPECT_EQ(events.size(), 2U);
}

TEST(SseTest, AnUnfinishedLineCountsAcrossPieces) {
  Decoder decoder({.line_bytes_max = 10, .event_bytes_max = 100});
  std::vector<Event> events;
  EXPECT_TRUE(decoder.feed("data: 12", events));
  EXPECT_FALSE(decoder.feed("345", events));
}

TEST(SseTest, AnEventOverItsLimitIsAnError) {
  Decoder decoder({.line_bytes_max = 10, .event_bytes_max = 7});
  std::vector<Event> events;
  EXPECT_TRUE(decoder.feed("data: 123\n", events));
  const auto failed = decoder.feed("data: 4567\n", events);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "an event of the stream is longer than 7 bytes");
}

TEST(SseTest, EmptyDataLinesCannotGrowWithoutBound) {
  Decoder decoder({.line_bytes_max = 10, .event_bytes_max = 8});
  std::vector<Event> events;
  EXPECT_FALSE(decoder.feed("data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n", events));
}

}  // namespace
}  // namespace gw::sse
