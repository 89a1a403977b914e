#include "http/http_client.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <optional>

#include <gtest/gtest.h>

#include "http/worker.hpp"
#include "support/test_loop.hpp"
#include "unit/http/loopback_server.hpp"

namespace gw {
namespace {

using test::LoopbackServer;
using test::Peer;
using test::response;

struct Recorder : HttpSink {
  void on_head(int code, const HttpHeaders& sent) override {
    EXPECT_EQ(status, 0) << "a second head";
    status = code;
    headers = sent;
    if (end_at_head) call.reset();
  }
  void on_body(std::string_view part) override {
    EXPECT_NE(status, 0) << "a body before its head";
    body += part;
    longest_part = std::max(longest_part, part.size());
    if (end_at_body) call.reset();
  }
  void on_done() override { end(std::nullopt, {}); }
  void on_failed(HttpFailure kind, const std::string& text) override { end(kind, text); }

  void end(std::optional<HttpFailure> kind, const std::string& text) {
    EXPECT_FALSE(is_over) << "a second end";
    is_over = true;
    failure = kind;
    message = text;
    call.reset();
  }

  std::unique_ptr<HttpCall> call;
  bool end_at_head = false;
  bool end_at_body = false;
  int status = 0;
  HttpHeaders headers;
  std::string body;
  std::size_t longest_part = 0;
  bool is_over = false;
  std::optional<HttpFailure> failure;
  std::string message;
};

class HttpClientTest : public testing::Test {
 protected:
  void start(HttpClientRequest request) { recorder.call = client->start(std::move(request), recorder); }
  void fetch(HttpClientRequest request) {
    start(std::move(request));
    ASSERT_TRUE(loop.run_until([&] { return recorder.is_over; })) << "no end came";
  }
  static HttpClientRequest get(std::string url) {
    HttpClientRequest request;
    request.url = std::move(url);
    return request;
  }

  test::TestLoop loop;
  std::unique_ptr<HttpClient> client = std::make_unique<HttpClient>(loop);
  Recorder recorder;
};

void answer_all(Peer& peer) {
  while (!peer.read_request().empty()) peer.send(response(200, "hello", "X-Name:  value \r\n"));
}

TEST_F(HttpClientTest, DeliversHeadBodyAndEnd) {
  LoopbackServer server(answer_all);
  fetch(get(server.url()));
  EXPECT_EQ(recorder.status, 200);
  EXPECT_EQ(recorder.headers.front(), (std::pair<std::string, std::string>{"x-name", "value"}));
  EXPECT_EQ(recorder.body, "hello");
  EXPECT_FALSE(recorder.failure);
}

TEST_F(HttpClientTest, SendsMethodHeadersAndBodyAsGiven) {
  std::promise<std::string> seen;
  LoopbackServer server([&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.send(response(200, ""));
  });
  HttpClientRequest request = get(server.url("/path?x=1"));
  request.method = "POST";
  request.headers = {{"Content-Type", Secret("application/json")}, {"X-Empty", Secret("")}};
  request.body = std::string("{\"a\":\0}", 7);
  fetch(std::move(request));
  const std::string sent = seen.get_future().get();
  EXPECT_TRUE(sent.starts_with("POST /path?x=1 HTTP/1.1\r\n")) << sent;
  EXPECT_NE(sent.find("Content-Type: application/json\r\n"), std::string::npos) << sent;
  EXPECT_NE(sent.find("X-Empty:\r\n"), std::string::npos) << sent;
  EXPECT_NE(sent.find("User-Agent: openclaw/"), std::string::npos) << sent;
  EXPECT_EQ(sent.find("Expect:"), std::string::npos) << sent;
  EXPECT_TRUE(sent.ends_with(std::string("\r\n\r\n{\"a\":\0}", 11))) << sent;
}

TEST_F(HttpClientTest, SendsALargeBodyWithoutAskingFirst) {
  std::promise<std::string> seen;
  LoopbackServer server([&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.send(response(200, ""));
  });
  HttpClientRequest request = get(server.url());
  request.method = "POST";
  request.body = std::string(3'000'000, 'x');
  fetch(std::move(request));
  const std::string sent = seen.get_future().get();
  EXPECT_GT(sent.size(), 3'000'000U);
  EXPECT_EQ(sent.substr(0, 2'000).find("Expect:"), std::string::npos);
}

TEST_F(HttpClientTest, DeliversPartsBeforeTheResponseIsComplete) {
  std::promise<void> first_arrived;
  LoopbackServer server([&](Peer& peer) {
    (void)peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    first_arrived.get_future().wait();
    peer.send("6\r\nsecond\r\n0\r\n\r\n");
  });
  start(get(server.url()));
  ASSERT_TRUE(loop.run_until([&] { return recorder.body == "first"; }));
  first_arrived.set_value();
  ASSERT_TRUE(loop.run_until([&] { return recorder.is_over; }));
  EXPECT_EQ(recorder.body, "firstsecond");
}

TEST_F(HttpClientTest, UsesAnOpenConnectionAgain) {
  LoopbackServer server(answer_all);
  for (int i = 0; i < 3; ++i) {
    recorder = Recorder{};
    fetch(get(server.url()));
    EXPECT_EQ(recorder.body, "hello");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, RunsManyExchangesAtOnce) {
  std::promise<void> all_started;
  std::shared_future<void> go = all_started.get_future().share();
  LoopbackServer server([&](Peer& peer) {
    (void)peer.read_request();
    go.wait();
    peer.send(response(200, "hello"));
  });
  std::vector<Recorder> recorders(5);
  for (Recorder& each : recorders) each.call = client->start(get(server.url()), each);
  ASSERT_TRUE(server.wait_for_connections(5));
  all_started.set_value();
  ASSERT_TRUE(loop.run_until([&] { return std::ranges::all_of(recorders, &Recorder::is_over); }));
  for (const Recorder& each : recorders) EXPECT_EQ(each.body, "hello");
}

TEST_F(HttpClientTest, IgnoresInterimResponses) {
  LoopbackServer server([](Peer& peer) {
    (void)peer.read_request();
    peer.send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + response(201, "made", "X-Late: 1\r\n"));
  });
  fetch(get(server.url()));
  EXPECT_EQ(recorder.status, 201);
  EXPECT_EQ(recorder.headers.front().first, "x-late");
}

TEST_F(HttpClientTest, DoesNotFollowRedirects) {
  LoopbackServer server([](Peer& peer) {
    while (!peer.read_request().empty()) peer.send(response(302, "", "Location: /elsewhere\r\n"));
  });
  fetch(get(server.url()));
  EXPECT_EQ(recorder.status, 302);
  EXPECT_FALSE(recorder.failure);
}

TEST_F(HttpClientTest, ARefusedConnectionNamesTheHost) {
  const std::string place = test::closed_place();
  fetch(get("http://" + place + "/"));
  EXPECT_EQ(recorder.failure, HttpFailure::Unreachable);
  EXPECT_EQ(recorder.message, "cannot connect to " + place + ": Connection refused");
}

TEST_F(HttpClientTest, SilenceEndsTheCall) {
  LoopbackServer server([](Peer& peer) {
    (void)peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart");
    EXPECT_TRUE(peer.is_closed_within(Millis{10'000})) << "the client did not hang up";
  });
  HttpClientRequest request = get(server.url());
  request.idle_timeout = Millis{150};
  fetch(std::move(request));
  EXPECT_EQ(recorder.failure, HttpFailure::TimedOut);
  EXPECT_EQ(recorder.message, server.place() + " sent nothing for 150 ms");
  EXPECT_EQ(recorder.body, "part");
}

TEST_F(HttpClientTest, AStreamThatGoesOnMayLastLongerThanTheSilenceAllowed) {
  LoopbackServer server([](Peer& peer) {
    (void)peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
    for (int i = 0; i < 6; ++i) {
      if (peer.is_closed_within(Millis{200})) return;
      peer.send("x");
    }
  });
  HttpClientRequest request = get(server.url());
  request.idle_timeout = Millis{900};
  fetch(std::move(request));
  EXPECT_FALSE(recorder.failure) << recorder.message;
  EXPECT_EQ(recorder.body, "xxxxxx");
}

TEST_F(HttpClientTest, AConnectionCutInTheMiddleIsAFailure) {
  LoopbackServer server([](Peer& peer) {
    (void)peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
  });
  fetch(get(server.url()));
  EXPECT_EQ(recorder.failure, HttpFailure::Closed);
  EXPECT_TRUE(recorder.message.starts_with(server.place() + " ended the exchange early")) << recorder.message;
}

TEST_F(HttpClientTest, ABodyOverItsLimitIsAFailure) {
  LoopbackServer server(answer_all);
  HttpClientRequest request = get(server.url());
  request.body_bytes_max = 4;
  fetch(std::move(request));
  EXPECT_EQ(recorder.failure, HttpFailure::TooLarge);
  EXPECT_EQ(recorder.message, server.place() + ": the response is longer than 4 bytes");
}

TEST_F(HttpClientTest, AHeadOverItsLimitIsAFailure) {
  LoopbackServer server([](Peer& peer) {
    (void)peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 80; ++i) peer.send("X-Pad: " + std::string(1000, 'x') + "\r\n");
    peer.send("\r\n");
  });
  fetch(get(server.url()));
  EXPECT_EQ(recorder.failure, HttpFailure::TooLarge);
}

TEST_F(HttpClientTest, AddressesThatAreNotWebAddressesAreRefused) {
  for (const char* url : {"ftp://127.0.0.1/", "file:///etc/hosts", "", "http://", "http://a b/"}) {
    recorder = Recorder{};
    fetch(get(url));
    EXPECT_EQ(recorder.failure, HttpFailure::BadRequest) << url;
  }
}

TEST_F(HttpClientTest, AHeaderThatWouldSmuggleAnotherIsRefusedAndNotShown) {
  LoopbackServer server(answer_all);
  HttpClientRequest request = get(server.url());
  request.headers = {{"Authorization", Secret("key-123\r\nX-Other: 1")}};
  fetch(std::move(request));
  EXPECT_EQ(recorder.failure, HttpFailure::BadRequest);
  EXPECT_EQ(recorder.message.find("key-123"), std::string::npos);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpClientTest, DestroyingACallHangsUpAndSilencesIt) {
  std::promise<bool> closed;
  LoopbackServer server([&](Peer& peer) {
    (void)peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
    closed.set_value(peer.is_closed_within(Millis{10'000}));
  });
  start(get(server.url()));
  ASSERT_TRUE(loop.run_until([&] { return !recorder.body.empty(); }));
  recorder.call.reset();
  EXPECT_TRUE(closed.get_future().get());
  loop.run_posted();
  EXPECT_FALSE(recorder.is_over);
}

TEST_F(HttpClientTest, ACallMayBeDestroyedFromInsideItsSink) {
  LoopbackServer server(answer_all);
  recorder.end_at_head = true;
  start(get(server.url()));
  ASSERT_TRUE(loop.run_until([&] { return recorder.status == 200; }));
  loop.run_posted();
  EXPECT_EQ(recorder.body, "");

  recorder = Recorder{};
  recorder.end_at_body = true;
  start(get(server.url()));
  ASSERT_TRUE(loop.run_until([&] { return !recorder.body.empty(); }));
  loop.run_posted();
  EXPECT_FALSE(recorder.is_over);
}

TEST_F(HttpClientTest, ASlowControlThreadHoldsTheSenderBack) {
  const std::string large(48'000'000, 'x');
  std::promise<std::size_t> stalled;
  LoopbackServer server([&](Peer& peer) {
    (void)peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n");
    const std::size_t sent = peer.send_until_stalled(large, Millis{300});
    stalled.set_value(sent);
    peer.send(std::string_view(large).substr(sent));
    (void)peer.is_closed_within(Millis{10'000});
  });
  HttpClientRequest request = get(server.url());
  request.body_bytes_max = large.size();
  request.idle_timeout = Millis{200};  // A pause of our own making is not the server's silence.
  start(std::move(request));
  EXPECT_LT(stalled.get_future().get(), large.size()) << "everything was taken though nobody read it";
  ASSERT_TRUE(loop.run_until([&] { return recorder.is_over; }));
  EXPECT_FALSE(recorder.failure) << recorder.message;
  EXPECT_EQ(recorder.body.size(), large.size());
  EXPECT_LE(recorder.longest_part, kHttpWaitingBytesMax + 65'536);
}

TEST_F(HttpClientTest, AClientMayEndBeforeItsCalls) {
  LoopbackServer server([](Peer& peer) {
    (void)peer.read_request();
    (void)peer.is_closed_within(Millis{10'000});
  });
  start(get(server.url()));
  ASSERT_TRUE(server.wait_for_connections(1));
  client.reset();
  recorder.call.reset();
  loop.run_posted();
  EXPECT_FALSE(recorder.is_over);
}

TEST_F(HttpClientTest, TwoClientsWorkSideBySide) {
  LoopbackServer server(answer_all);
  fetch(get(server.url()));
  auto other = std::make_unique<HttpClient>(loop);
  Recorder second;
  second.call = other->start(get(server.url()), second);
  ASSERT_TRUE(loop.run_until([&] { return second.is_over; }));
  client.reset();
  Recorder third;
  third.call = other->start(get(server.url()), third);
  ASSERT_TRUE(loop.run_until([&] { return third.is_over; }));
  EXPECT_EQ(second.body + third.body, "hellohello");
}

TEST_F(HttpClientTest, AProxyIsUsedExceptForLoopback) {
  std::promise<std::string> seen;
  LoopbackServer proxy([&](Peer& peer) {
    seen.set_value(peer.read_request());
    peer.send(response(200, "from the proxy"));
  });
  LoopbackServer server(answer_all);
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  fetch(get(server.url()));
  EXPECT_EQ(recorder.body, "hello");
  recorder = Recorder{};
  fetch(get("http://models.invalid/v1"));
  ::unsetenv("http_proxy");
  EXPECT_EQ(recorder.body, "from the proxy");
  EXPECT_TRUE(seen.get_future().get().starts_with("GET http://models.invalid/v1 HTTP/1.1\r\n"));
}

TEST_F(HttpClientTest, AServerWithoutTlsIsNotTrustedForHttps) {
  LoopbackServer server([](Peer& peer) {
    (void)peer.is_closed_within(Millis{10'000});
    peer.send("HTTP/1.1 400 Bad\r\n\r\n");
  });
  fetch(get("https://" + server.place() + "/"));
  EXPECT_EQ(recorder.failure, HttpFailure::Untrusted) << recorder.message;
}

// `openssl s_server` with a certificate of its own making, on a port that the kernel chooses.
class SelfSignedServer {
 public:
  SelfSignedServer() {
    const std::string command =
        "cd '" + directory_ +
        "' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout key.pem "
        "-out cert.pem 2>/dev/null && echo PID $$ && "
        "exec openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www 2>&1";
    output_ = popen(command.c_str(), "r");
    char line[256];
    while (place.empty() && output_ != nullptr && std::fgets(line, sizeof line, output_) != nullptr) {
      const std::string_view text = trimmed(line);
      if (text.starts_with("PID ")) pid_ = std::atoi(std::string(text.substr(4)).c_str());
      if (text.starts_with("ACCEPT ")) place = text.substr(7);
    }
  }
  ~SelfSignedServer() {
    if (pid_ > 0) kill(pid_, SIGTERM);
    if (output_ != nullptr) pclose(output_);
    std::filesystem::remove_all(directory_);
  }
  SelfSignedServer(const SelfSignedServer&) = delete;
  SelfSignedServer& operator=(const SelfSignedServer&) = delete;

  std::string place;  ///< Empty when there is no openssl command.

 private:
  static std::string new_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "gw-tls-XXXXXX").string();
    GW_CHECK(mkdtemp(name.data()) != nullptr);
    return name;
  }

  const std::string directory_ = new_directory();
  FILE* output_ = nullptr;
  int pid_ = 0;
};

TEST_F(HttpClientTest, ACertificateThatNobodyVouchesForIsRefused) {
  SelfSignedServer server;
  if (server.place.empty()) GTEST_SKIP() << "no openssl command";
  fetch(get("https://" + server.place + "/"));
  EXPECT_EQ(recorder.failure, HttpFailure::Untrusted);
  EXPECT_TRUE(recorder.message.starts_with("no trusted TLS connection to " + server.place))
      << recorder.message;
}

TEST_F(HttpClientTest, AMissingLibraryFailsEveryRequest) {
  const auto worker = std::make_shared<http::Worker>("libcurl-that-is-not-there.so.9");
  for (int i = 0; i < 2; ++i) {
    auto transfer = std::make_shared<http::Transfer>(loop, worker, get("http://127.0.0.1:1/"), recorder);
    worker->begin(transfer);
    ASSERT_TRUE(loop.run_until([&] { return recorder.is_over; }));
    EXPECT_EQ(recorder.failure, HttpFailure::Unreachable);
    EXPECT_NE(recorder.message.find("libcurl-that-is-not-there.so.9"), std::string::npos) << recorder.message;
    recorder = Recorder{};
  }
}

}  // namespace
}  // namespace gw
