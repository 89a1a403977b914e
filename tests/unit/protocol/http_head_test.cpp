#include "protocol/http_head.hpp"

#include <string>

#include <gtest/gtest.h>

namespace gw::http1 {
namespace {

using Progress = HeadReader::Progress;

constexpr std::string_view kUpgrade =
    "GET /any?x=1 HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

Progress feed(HeadReader& reader, std::string bytes) {
  std::span<char> input(bytes);
  return reader.feed(input);
}

int status_of(std::string_view head) {
  const auto request = parse_request(head);
  return request ? 200 : request.error().status;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  result.replace(result.find(from), from.size(), to);
  return result;
}

int upgrade_status(std::string_view head) {
  const auto accept = check_upgrade(parse_request(head).value());
  return accept ? 101 : accept.error().status;
}

TEST(HeadReaderTest, StopsAfterTheBlankLine) {
  std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\n\r\nrest";
  std::span<char> input(bytes);
  HeadReader reader;
  EXPECT_EQ(reader.feed(input), Progress::Complete);
  EXPECT_EQ(std::string(input.begin(), input.end()), "rest");
  EXPECT_EQ(reader.text(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
}

TEST(HeadReaderTest, ReadsTheSameHeadByteByByte) {
  HeadReader reader;
  for (const char c : kUpgrade.substr(0, kUpgrade.size() - 1)) {
    ASSERT_EQ(feed(reader, std::string(1, c)), Progress::NeedMore);
  }
  EXPECT_EQ(feed(reader, "\n"), Progress::Complete);
  EXPECT_EQ(reader.text(), kUpgrade);
}

TEST(HeadReaderTest, RefusesALineThatEndsWithoutCarriageReturn) {
  HeadReader reader;
  EXPECT_EQ(feed(reader, "GET / HTTP/1.1\n"), Progress::Malformed);
  HeadReader later;
  EXPECT_EQ(feed(later, "GET / HTTP/1.1\r\nHost: x\r\n\n"), Progress::Malformed);
}

TEST(HeadReaderTest, RefusesAHeadThatDoesNotBeginWithAName) {
  for (const char* bytes : {"\x16\x03\x01", "\r\n", " GET", "\n"}) {
    HeadReader reader;
    EXPECT_EQ(feed(reader, bytes), Progress::Malformed);
  }
}

TEST(HeadReaderTest, RefusesAHeadAboveItsLimitWhetherLinesEndOrNot) {
  HeadReader exact(20);
  EXPECT_EQ(feed(exact, "GET / HTTP/1.1\r\nab\r\n"), Progress::NeedMore);
  EXPECT_EQ(feed(exact, "\r"), Progress::TooLong);
  HeadReader endless(20);
  EXPECT_EQ(feed(endless, std::string(20, 'x')), Progress::NeedMore);
  EXPECT_EQ(feed(endless, "x"), Progress::TooLong);
}

TEST(RequestHeadTest, ReadsLineAndHeaders) {
  const auto head = parse_request("GET /a?b=c HTTP/1.1\r\nHost: x:1\r\nX-Thing: \t a b \t\r\nEmpty:\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "GET");
  EXPECT_EQ(head->target, "/a?b=c");
  EXPECT_EQ(head->minor_version, 1);
  EXPECT_EQ(head->headers, (Headers{{"host", "x:1"}, {"x-thing", "a b"}, {"empty", ""}}));
}

TEST(RequestHeadTest, RefusesMalformedRequestLines) {
  for (const char* line :
       {"", "GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " / HTTP/1.1", "G@T / HTTP/1.1",
        "GET /\x01 HTTP/1.1", "GET /\xC3\xA9 HTTP/1.1", "GET / http/1.1", "GET / HTTP/1.", "GET / HTTP/1.10",
        "GET / HTTP/1.x", "GET / HTTP/x.1", "GET / HTTP/1-1", "GET / FTP/1.1"}) {
    EXPECT_EQ(status_of(std::string(line) + "\r\nHost: x\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(status_of("no end of line"), 400);
}

TEST(RequestHeadTest, RefusesOtherVersionsOfHttp) {
  for (const char* version : {"HTTP/2.0", "HTTP/3.1", "HTTP/0.9"}) {
    EXPECT_EQ(status_of("GET / " + std::string(version) + "\r\nHost: x\r\n\r\n"), 505) << version;
  }
}

TEST(RequestHeadTest, RefusesMalformedHeaders) {
  for (const char* line : {"no colon", ": no name", "space : x", " folded", "\tfolded", "b@d: x",
                           "X: a\x01"
                           "b",
                           "X: a\rb", "X: \x7F"}) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\n" + std::string(line) + "\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\n"), 400) << "no blank line";
}

TEST(RequestHeadTest, WantsExactlyOneHostExceptFromHttp10) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHOST: b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
}

TEST(RequestHeadTest, RefusesMoreThanAHundredHeaders) {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 99; ++i) head += "a: b\r\n";
  EXPECT_EQ(status_of(head + "\r\n"), 200);
  EXPECT_EQ(status_of(head + "a: b\r\n\r\n"), 431);
}

TEST(HeadersTest, FindTheFirstOfAName) {
  const Headers headers{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(find_header(headers, "a"), "1");
  EXPECT_EQ(find_header(headers, "c"), "");
}

TEST(HeadersTest, ListTokensInAnyCaseOverSeveralLines) {
  const Headers headers{{"connection", "keep-alive"}, {"connection", "x ,\tUpGrade"}, {"other", "close"}};
  EXPECT_TRUE(lists_token(headers, "connection", "upgrade"));
  EXPECT_TRUE(lists_token(headers, "connection", "keep-alive"));
  EXPECT_FALSE(lists_token(headers, "connection", "keep"));
  EXPECT_FALSE(lists_token(headers, "connection", "close"));
}

TEST(ResponseTest, SaysItsLengthAndThatItCloses) {
  EXPECT_EQ(
      write_response(200, {{"Content-Type", "text/plain"}}, "hi", false),
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
}

TEST(ResponseTest, LeavesTheBodyOutForHeadAndForStatusesWithoutOne) {
  EXPECT_EQ(write_response(404, {}, "gone", true),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(write_response(204, {}, "x", false), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST(ResponseTest, CannotBeSplitByAHeaderValue) {
  EXPECT_EQ(write_response(204, {{"Location", "/a\r\nEvil: 1"}}, "", false),
            "HTTP/1.1 204 No Content\r\nLocation: /a  Evil: 1\r\nConnection: close\r\n\r\n");
}

TEST(ResponseTest, NamesEveryStatusSomehow) {
  for (const int status : {101, 200, 304, 400, 401, 403, 405, 408, 413, 426, 429, 431, 500, 503, 505, 418}) {
    const auto head = parse_response(write_response(status, {}, "", false));
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, status);
    EXPECT_FALSE(head->reason.empty());
  }
}

TEST(ResponseHeadTest, ReadsStatusReasonAndHeaders) {
  const auto head = parse_response("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 503);
  EXPECT_EQ(head->reason, "Service Unavailable");
  EXPECT_EQ(find_header(head->headers, "retry-after"), "1");
  EXPECT_TRUE(parse_response("HTTP/1.0 200\r\n\r\n"));
}

TEST(ResponseHeadTest, RefusesWhatIsNoResponse) {
  for (const char* head :
       {"", "HTTP/1.1\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nbad line\r\n\r\n", "SSH-2.0-x\r\n\r\n"}) {
    const auto parsed = parse_response(head);
    ASSERT_FALSE(parsed) << head;
    EXPECT_EQ(parsed.error().code, Code::InvalidRequest);
  }
}

TEST(UpgradeTest, IsAcceptedOnAnyPathWithThreeHeadersOnly) {
  const auto request = parse_request(kUpgrade);
  ASSERT_TRUE(request);
  EXPECT_TRUE(wants_websocket(*request));
  const auto accept = check_upgrade(*request);
  ASSERT_TRUE(accept);
  EXPECT_EQ(upgrade_response(*accept),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(UpgradeTest, IsNotWantedByOtherRequests) {
  EXPECT_FALSE(wants_websocket(*parse_request("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
  EXPECT_FALSE(wants_websocket(*parse_request("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n")));
}

TEST(UpgradeTest, IsRefusedWhenSomethingIsMissing) {
  EXPECT_EQ(upgrade_status(replaced(kUpgrade, "GET", "POST")), 400);
  EXPECT_EQ(upgrade_status(replaced(kUpgrade, "HTTP/1.1", "HTTP/1.0")), 400);
  EXPECT_EQ(upgrade_status(replaced(kUpgrade, ": websocket", ": other")), 400);
  EXPECT_EQ(upgrade_status(replaced(kUpgrade, "keep-alive, Upgrade", "keep-alive")), 400);
  EXPECT_EQ(upgrade_status(replaced(kUpgrade, "Sec-WebSocket-Key", "X-Key")), 400);
  EXPECT_EQ(upgrade_status(replaced(kUpgrade, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==")), 400);
  EXPECT_EQ(upgrade_status(replaced(kUpgrade, "dGhlIHNhbXBsZSBub25jZQ==", "!!hlIHNhbXBsZSBub25jZQ==")), 400);
  EXPECT_EQ(upgrade_status(replaced(kUpgrade, "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ")), 400);
}

TEST(UpgradeTest, IsAskedAgainWithTheVersionThatIsSpoken) {
  const auto refused = check_upgrade(*parse_request(replaced(kUpgrade, ": 13", ": 8")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 426);
  EXPECT_EQ(refused.error().headers, (Headers{{"Sec-WebSocket-Version", "13"}}));
}

TEST(UpgradeTest, SucceedsBetweenOurOwnTwoSides) {
  const std::string key = "AAAAAAAAAAAAAAAAAAAAAA==";
  const auto request = parse_request(upgrade_request("h:1", "/p", key, {{"Origin", "http://h"}}));
  ASSERT_TRUE(request);
  EXPECT_EQ(find_header(request->headers, "origin"), "http://h");
  const auto response = parse_response(upgrade_response(check_upgrade(*request).value()));
  EXPECT_TRUE(check_upgrade_response(*response, key));
}

TEST(UpgradeTest, IsNotBelievedFromAServerThatDidNotDoIt) {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const std::string good = upgrade_response("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const auto is_refused = [&](const std::string& text) {
    const auto status = check_upgrade_response(parse_response(text).value(), key);
    return !status && status.error().code == Code::Unavailable;
  };
  EXPECT_FALSE(is_refused(good));
  EXPECT_TRUE(is_refused(replaced(good, "101", "200")));
  EXPECT_TRUE(is_refused(replaced(good, "s3pP", "AAAA")));
  EXPECT_TRUE(is_refused(replaced(good, ": websocket", ": other")));
  EXPECT_TRUE(is_refused(replaced(good, ": Upgrade", ": close")));
  EXPECT_TRUE(is_refused(replaced(good, "Upgrade:", "Sec-WebSocket-Protocol: x\r\nUpgrade:")));
  EXPECT_TRUE(is_refused(replaced(good, "Upgrade:", "Sec-WebSocket-Extensions: x\r\nUpgrade:")));
}

}  // namespace
}  // namespace gw::http1
