#include "provider/openai_completions.hpp"

#include <future>

#include "support/test_loop.hpp"
#include "unit/http/loopback_server.hpp"
#include "unit/provider/recorder.hpp"

namespace gw {
namespace {

using test::LoopbackServer;
using test::Peer;
using test::response;

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
constexpr std::string_view kStop = R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
                                   "\n\n";
constexpr std::string_view kDone = "data: [DONE]\n\n";

std::string text_chunk(std::string_view text) {
  return R"(data: {"id":"r1","choices":[{"index":0,"delta":{"content":")" + std::string(text) + "\"}}]}\n\n";
}

class OpenAiCompletionsTest : public testing::Test {
 protected:
  OpenAiCompletionsTest() {
    entry.id = "local";
    entry.api_key = Secret("sk-secret");
    entry.models = {{.id = "m", .max_tokens = 99}};
  }

  void start(const LoopbackServer& server) {
    if (entry.base_url.empty()) entry.base_url = server.url("/v1/");
    model = std::make_unique<OpenAiCompletions>(entry, http, loop, log);
    recorder.call = model->start(test::request("local", "m"), recorder);
  }
  void ask(LoopbackServer::Script script) {
    LoopbackServer server(std::move(script));
    start(server);
    ASSERT_TRUE(loop.run_until([&] { return recorder.is_over(); })) << "no end came";
  }
  // Asks a server that answers every request with these bytes and closes.
  void ask_for(std::string bytes) {
    ask([bytes = std::move(bytes)](Peer& peer) {
      (void)peer.read_request();
      peer.send(bytes);
    });
  }

  config::ProviderEntry entry{.timeout = Millis{120'000}};
  test::TestLoop loop;
  NullLog log;
  HttpClient http{loop};
  std::unique_ptr<OpenAiCompletions> model;
  test::ModelRecorder recorder;
};

TEST_F(OpenAiCompletionsTest, SendsTheRequestWithItsKeyAndHeaders) {
  std::promise<std::string> seen;
  entry.headers = {{"X-Org", Secret("o1")}};
  ask([&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.send(std::string(kStreamHead) + text_chunk("ok") + std::string(kStop) + std::string(kDone));
  });
  const std::string sent = seen.get_future().get();
  EXPECT_TRUE(sent.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << sent;
  for (const char* line :
       {"Authorization: Bearer sk-secret", "X-Org: o1", "Content-Type: application/json"}) {
    EXPECT_NE(sent.find(std::string("\r\n") + line + "\r\n"), std::string::npos) << line;
  }
  EXPECT_NE(sent.find(R"("max_completion_tokens":99)"), std::string::npos);
}

TEST_F(OpenAiCompletionsTest, SendsNoAuthorizationWithoutAKey) {
  std::promise<std::string> seen;
  entry.api_key = Secret();
  ask([&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.send(response(500, ""));
  });
  EXPECT_EQ(seen.get_future().get().find("Authorization"), std::string::npos);
}

TEST_F(OpenAiCompletionsTest, AConfiguredHeaderReplacesOurs) {
  std::promise<std::string> seen;
  entry.headers = {{"authorization", Secret("Token t")}};
  ask([&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.send(response(500, ""));
  });
  const std::string sent = seen.get_future().get();
  EXPECT_NE(sent.find("authorization: Token t\r\n"), std::string::npos) << sent;
  EXPECT_EQ(sent.find("Bearer"), std::string::npos) << sent;
}

TEST_F(OpenAiCompletionsTest, StreamsTextThatIsCutInsideACharacterAndALine) {
  const std::string second = text_chunk("gr\xC3\xBC\xC3\x9F");
  const std::size_t cut = second.find('\xC3') + 1;
  std::promise<void> first_arrived;
  LoopbackServer server([&](Peer& peer) {
    (void)peer.read_request();
    peer.send(std::string(kStreamHead) + text_chunk("one ") + second.substr(0, cut));
    first_arrived.get_future().wait();
    peer.send(second.substr(cut) + std::string(kStop) + std::string(kDone));
  });
  start(server);
  ASSERT_TRUE(loop.run_until([&] { return recorder.text == "one "; }));
  EXPECT_FALSE(recorder.is_over());
  first_arrived.set_value();
  ASSERT_TRUE(loop.run_until([&] { return recorder.is_over(); }));
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->text, "one gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(recorder.text, recorder.answer->text);
}

TEST_F(OpenAiCompletionsTest, TakesAStreamThatArrivesByteByByte) {
  ask([](Peer& peer) {
    (void)peer.read_request();
    peer.send(kStreamHead);
    const std::string stream = ": ping\r\n\r\n" + text_chunk("a") + text_chunk("\xF0\x9F\xA6\x9E") +
                               std::string(kStop) + std::string(kDone);
    for (const char& byte : stream) peer.send({&byte, 1});
  });
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->text, "a\xF0\x9F\xA6\x9E");
}

TEST_F(OpenAiCompletionsTest, AnswersAtTheLastChunkThoughTheConnectionStaysOpen) {
  ask([](Peer& peer) {
    (void)peer.read_request();
    peer.send(std::string(kStreamHead) + text_chunk("ok") + std::string(kStop) + std::string(kDone));
    (void)peer.is_closed_within(Millis{10'000});
  });
  EXPECT_TRUE(recorder.answer);
}

TEST_F(OpenAiCompletionsTest, AFinishedAnswerNeedsNoLastChunk) {
  ask_for(std::string(kStreamHead) + text_chunk("ok") + std::string(kStop));
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->stop_reason, "stop");
}

TEST_F(OpenAiCompletionsTest, AFinishedAnswerSurvivesSilenceAfterIt) {
  entry.timeout = Millis{150};
  ask([](Peer& peer) {
    (void)peer.read_request();
    peer.send(std::string(kStreamHead) + text_chunk("ok") + std::string(kStop));
    (void)peer.is_closed_within(Millis{10'000});
  });
  EXPECT_TRUE(recorder.answer);
}

TEST_F(OpenAiCompletionsTest, TakesAnAnswerThatIsNotStreamed) {
  ask_for(response(
      200, R"({"choices":[{"message":{"content":"whole","reasoning_content":"hm"},"finish_reason":"stop"}]})",
      "Content-Type: application/json\r\n"));
  ASSERT_TRUE(recorder.answer);
  EXPECT_EQ(recorder.answer->text, "whole");
  EXPECT_EQ(recorder.text, "whole");
  EXPECT_EQ(recorder.thinking, "hm");
}

TEST_F(OpenAiCompletionsTest, AStreamCutBeforeItsEndMayBeTriedAgain) {
  ask_for(std::string(kStreamHead) + text_chunk("half"));
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "server_error");
  EXPECT_TRUE(recorder.failure->is_retryable);
  EXPECT_EQ(recorder.failure->message, "local/m: the model server closed the stream early");
}

TEST_F(OpenAiCompletionsTest, ABrokenConnectionIsAStreamCutToo) {
  ask_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + text_chunk("half"));
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->message, "local/m: the model server closed the stream early");
}

TEST_F(OpenAiCompletionsTest, ARateLimitKeepsTheWaitAskedFor) {
  ask_for(response(429, R"({"error":{"message":"slow down","code":"rate_limit_exceeded"}})",
                   "Retry-After: 7\r\n"));
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "rate_limit");
  EXPECT_EQ(recorder.failure->http_status, 429);
  EXPECT_TRUE(recorder.failure->is_retryable);
  EXPECT_EQ(recorder.failure->retry_after, Millis{7'000});
  EXPECT_EQ(recorder.failure->message, "local/m: HTTP 429, too many requests (slow down)");
}

TEST_F(OpenAiCompletionsTest, AServerErrorMayBeTriedAgain) {
  ask_for(response(500, "oops"));
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "server_error");
  EXPECT_TRUE(recorder.failure->is_retryable);
}

TEST_F(OpenAiCompletionsTest, AnErrorWithoutABodyKeepsItsStatus) {
  ask_for("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "overloaded");
}

TEST_F(OpenAiCompletionsTest, AnErrorWhoseBodyIsCutKeepsItsStatus) {
  ask_for("HTTP/1.1 429 Slow\r\nContent-Length: 100\r\nRetry-After: 2\r\n\r\nslow");
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "rate_limit");
  EXPECT_EQ(recorder.failure->retry_after, Millis{2'000});
}

TEST_F(OpenAiCompletionsTest, AVeryLongErrorIsCut) {
  ask_for(response(400, std::string(200'000, 'x')));
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "format");
  EXPECT_LT(recorder.failure->message.size(), 500U);
}

TEST_F(OpenAiCompletionsTest, ARefusedKeyIsNotShown) {
  ask_for(response(401, R"({"error":{"message":"bad key sk-secret"}})"));
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "auth");
  EXPECT_FALSE(recorder.failure->is_retryable);
  EXPECT_NE(recorder.failure->message.find("bad key ***"), std::string::npos) << recorder.failure->message;
}

TEST_F(OpenAiCompletionsTest, AWebPageSuggestsAWrongAddress) {
  ask_for(response(200, "<html></html>", "Content-Type: text/html; charset=utf-8\r\n"));
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "format");
  EXPECT_NE(recorder.failure->message.find("baseUrl"), std::string::npos);
}

TEST_F(OpenAiCompletionsTest, AnEmptyBodyIsAFailure) {
  ask_for(response(200, ""));
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "server_error");
}

TEST_F(OpenAiCompletionsTest, AnEventThatIsTooLongIsAFailure) {
  ask([](Peer& peer) {
    (void)peer.read_request();
    peer.send(kStreamHead);
    peer.send("data: " + std::string(2'000'000, 'x'));
  });
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "format");
}

TEST_F(OpenAiCompletionsTest, AServerThatHangsIsATimeout) {
  entry.timeout = Millis{150};
  ask([](Peer& peer) {
    (void)peer.read_request();
    peer.send(std::string(kStreamHead) + text_chunk(""));
    (void)peer.is_closed_within(Millis{10'000});
  });
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "timeout");
  EXPECT_TRUE(recorder.failure->is_retryable);
}

TEST_F(OpenAiCompletionsTest, ARefusedConnectionMayBeTriedAgain) {
  entry.base_url = "http://" + test::closed_place() + "/v1";
  ask([](Peer&) {});
  ASSERT_TRUE(recorder.failure);
  EXPECT_EQ(recorder.failure->kind, "server_error");
  EXPECT_EQ(recorder.failure->http_status, 0);
  EXPECT_TRUE(recorder.failure->is_retryable);
}

TEST_F(OpenAiCompletionsTest, DestroyingTheCallHangsUp) {
  std::promise<bool> closed;
  LoopbackServer server([&](Peer& peer) {
    (void)peer.read_request();
    peer.send(std::string(kStreamHead) + text_chunk("one"));
    closed.set_value(peer.is_closed_within(Millis{10'000}));
  });
  start(server);
  ASSERT_TRUE(loop.run_until([&] { return !recorder.text.empty(); }));
  recorder.call.reset();
  EXPECT_TRUE(closed.get_future().get());
  loop.run_posted();
  EXPECT_FALSE(recorder.is_over());
}

TEST_F(OpenAiCompletionsTest, TheSinkMayEndTheCallAtAnyText) {
  recorder.ends_at_text = true;
  LoopbackServer server([](Peer& peer) {
    (void)peer.read_request();
    peer.send(std::string(kStreamHead) + text_chunk("one") + text_chunk("two") + std::string(kStop) +
              std::string(kDone));
  });
  start(server);
  ASSERT_TRUE(loop.run_until([&] { return !recorder.text.empty(); }));
  loop.run_posted();
  EXPECT_EQ(recorder.text, "one");
  EXPECT_FALSE(recorder.is_over());
}

}  // namespace
}  // namespace gw
