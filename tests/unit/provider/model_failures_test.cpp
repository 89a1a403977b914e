#include "provider/model_failures.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace gw {
namespace {

ModelFailure failed(int status, std::string_view body = {}) {
  return failure_of_status(status, parse_server_error(body), Millis{3'000});
}

TEST(ModelFailuresTest, EachStatusHasItsKind) {
  const struct {
    int status;
    std::string_view kind;
    bool is_retryable;
  } cases[] = {{400, "format", false},          {401, "auth", false},
               {402, "billing", false},         {403, "auth", false},
               {404, "model_not_found", false}, {408, "timeout", true},
               {413, "format", false},          {429, "rate_limit", true},
               {500, "server_error", true},     {502, "server_error", true},
               {503, "overloaded", true},       {504, "server_error", true},
               {529, "overloaded", true},       {302, "format", false},
               {204, "format", false}};
  for (const auto& expected : cases) {
    const ModelFailure failure = failed(expected.status);
    EXPECT_EQ(failure.kind, expected.kind) << expected.status;
    EXPECT_EQ(failure.is_retryable, expected.is_retryable) << expected.status;
    EXPECT_EQ(failure.http_status, expected.status);
    EXPECT_EQ(failure.retry_after.has_value(), expected.is_retryable) << expected.status;
  }
}

TEST(ModelFailuresTest, TheServersWordsAreReadInEveryShape) {
  for (const char* body : {R"({"error":{"message":"too hot","type":"t","code":null}})",
                           R"({"error":"too hot"})", R"({"message":"too hot"})", " too hot\n"}) {
    EXPECT_EQ(parse_server_error(body).message, "too hot") << body;
  }
  EXPECT_EQ(parse_server_error(R"({"error":{"code":1302}})").code, "1302");
  EXPECT_EQ(parse_server_error("<html>no</html>").message, "");
  EXPECT_EQ(parse_server_error("").message, "");
  EXPECT_EQ(failed(500, "too hot").message, "HTTP 500, the server failed (too hot)");
}

TEST(ModelFailuresTest, ATooLongConversationIsTold) {
  for (const char* body : {R"({"error":{"message":"m","code":"context_length_exceeded"}})",
                           R"({"error":{"message":"This model's maximum context length is 8192 tokens"}})",
                           R"({"error":{"message":"m","type":"exceed_context_size_error"}})",
                           R"({"error":"prompt is too long"})"}) {
    EXPECT_EQ(failed(400, body).kind, "context_length") << body;
    EXPECT_FALSE(failed(400, body).is_retryable);
  }
}

TEST(ModelFailuresTest, CodesSayMoreThanTheStatus) {
  EXPECT_EQ(failed(429, R"({"error":{"code":"insufficient_quota"}})").kind, "billing");
  EXPECT_FALSE(failed(429, R"({"error":{"code":"insufficient_quota"}})").is_retryable);
  EXPECT_EQ(failed(400, R"({"error":{"code":"model_not_found"}})").kind, "model_not_found");
}

TEST(ModelFailuresTest, ConnectionTroubleMayBeTriedAgain) {
  for (const auto kind : {HttpFailure::Unreachable, HttpFailure::Closed}) {
    EXPECT_EQ(failure_of_transport(kind, "m").kind, "server_error");
    EXPECT_TRUE(failure_of_transport(kind, "m").is_retryable);
  }
  EXPECT_EQ(failure_of_transport(HttpFailure::TimedOut, "m").kind, "timeout");
  EXPECT_TRUE(failure_of_transport(HttpFailure::TimedOut, "m").is_retryable);
  for (const auto kind : {HttpFailure::BadRequest, HttpFailure::Untrusted, HttpFailure::TooLarge}) {
    EXPECT_EQ(failure_of_transport(kind, "m").kind, "format");
    EXPECT_FALSE(failure_of_transport(kind, "m").is_retryable);
  }
}

TEST(ModelFailuresTest, MessagesNeverShowASecret) {
  const std::vector<Secret> secrets{Secret("sk-12345"), Secret("ab"), Secret("")};
  EXPECT_EQ(presentable("key sk-12345 and sk-12345 about", secrets), "key *** and *** about");
}

TEST(ModelFailuresTest, MessagesAreOneShortLineOfText) {
  EXPECT_EQ(presentable("a\r\nb\tc", {}), "a  b c");
  EXPECT_EQ(presentable("a\xFFz", {}), "a?z");
  const std::string shown = presentable(std::string(399, 'x') + "\xC3\xBC\xC3\xBC", {});
  EXPECT_EQ(shown, std::string(399, 'x') + "…");
  EXPECT_TRUE(is_valid_utf8(shown));
}

}  // namespace
}  // namespace gw
