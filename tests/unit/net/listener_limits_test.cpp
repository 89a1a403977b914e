#include <ctime>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "unit/net/net_fixture.hpp"

namespace gw::test {
namespace {

#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define GW_TEST_HAS_UBSAN 1
#endif
#endif
#if defined(GW_TEST_HAS_UBSAN)
constexpr bool kSanitizerNeedsDescriptors = true;
#else
constexpr bool kSanitizerNeedsDescriptors = false;
#endif

Script hello_on_message() {
  Script script;
  script.message = [](Connection& connection, std::string_view text) {
    connection.handshake_done();
    connection.send(std::make_shared<const std::string>(text));
  };
  return script;
}

bool is_ok(Client& client) { return client.upgrade().starts_with("HTTP/1.1 101 "); }

// While this lives, the process cannot get another descriptor.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(lowest_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

 private:
  rlimit before_{};
};

TEST(ListenerLimitsTest, RefusesMoreSocketsBeforeTheirHelloThanAllowed) {
  Server server(hello_on_message(), {.handshakes_per_address_max = 2});
  Client first(server.socket.port);
  Client second(server.socket.port);
  Client third(server.socket.port);
  EXPECT_TRUE(is_ok(first));
  EXPECT_TRUE(is_ok(second));
  third.write(kUpgradeRequest);
  const auto refusal = third.read_to_end();
  ASSERT_TRUE(refusal);
  EXPECT_TRUE(refusal->starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << *refusal;
  EXPECT_TRUE(refusal->ends_with("\r\n\r\nToo many unauthenticated sockets")) << *refusal;
}

TEST(ListenerLimitsTest, CountsASocketOnlyUntilItsHelloOrItsEnd) {
  Server server(hello_on_message(), {.handshakes_per_address_max = 1});
  Client greeted(server.socket.port);
  EXPECT_TRUE(is_ok(greeted));
  greeted.send_text("hello");
  EXPECT_EQ(greeted.read_text(), "hello");

  Client vanished(server.socket.port);
  EXPECT_TRUE(is_ok(vanished));
  vanished.reset();
  ASSERT_TRUE(server.closed.wait_for(1));

  Client closed(server.socket.port);
  EXPECT_TRUE(is_ok(closed));
  closed.send_frame(ws::Opcode::Close, "");
  EXPECT_EQ(closed.read_frame(), close_frame(ws::kCloseWithoutCode, ""));

  Client last(server.socket.port);
  EXPECT_TRUE(is_ok(last));
}

TEST(ListenerLimitsTest, AnswersPlainRequestsWhateverHandshakesWait) {
  Server server({}, {.handshakes_per_address_max = 1});
  Client waiting(server.socket.port);
  EXPECT_TRUE(is_ok(waiting));
  Client asking(server.socket.port);
  asking.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(asking.read_to_end()->starts_with("HTTP/1.1 200 "));
}

TEST(ListenerLimitsTest, RefusesConnectionsAboveTheLimitAndServesAgainBelowIt) {
  Server server({}, {.connections_max = 2});
  Client first(server.socket.port);
  Client second(server.socket.port);
  EXPECT_TRUE(is_ok(first));
  EXPECT_TRUE(is_ok(second));
  Client third(server.socket.port);
  const auto refusal = third.read_to_end();
  ASSERT_TRUE(refusal);
  EXPECT_TRUE(refusal->starts_with("HTTP/1.1 503 ")) << *refusal;
  EXPECT_TRUE(refusal->ends_with("Too many connections")) << *refusal;

  first.reset();
  second.reset();
  third.reset();
  EXPECT_TRUE(server.is_empty_soon());
  Client fourth(server.socket.port);
  EXPECT_TRUE(is_ok(fourth));
}

TEST(ListenerLimitsTest, EndsConnectionsFarAboveTheLimitWithoutAWord) {
  Server server({}, {.connections_max = 0});
  std::vector<Client> clients;
  std::size_t refused = 0;
  std::size_t ended = 0;
  for (int i = 0; i < 66; ++i) clients.emplace_back(server.socket.port);
  for (Client& client : clients) (client.read_to_end().value_or("").empty() ? ended : refused) += 1;
  EXPECT_EQ(refused, 64U);
  EXPECT_EQ(ended, 2U);
}

TEST(ListenerLimitsTest, WaitsWithoutSpinningWhenDescriptorsRunOutAndSaysSoOnce) {
  if (kSanitizerNeedsDescriptors)
    GTEST_SKIP() << "the sanitizer reports errors of its own without descriptors";
  Server server;
  Client client(0);
  {
    const NoDescriptorsLeft none;
    client.connect(server.socket.port);
    ASSERT_TRUE(server.log.lines.wait_for(1));
    EXPECT_EQ(server.log.last_message(), "out of descriptors, new connections wait");
    // The pause passes at least once before descriptors come back.
    const std::clock_t begin = std::clock();
    Counter later;
    std::unique_ptr<Timer> timer;
    server.on_loop([&] { timer = server.loop.after(Millis{400}, [&] { later.add(); }); });
    ASSERT_TRUE(later.wait_for(1));
    server.on_loop([&] { timer.reset(); });
    EXPECT_LT(std::clock() - begin, CLOCKS_PER_SEC / 5) << "processor time of the 400 ms";
  }
  EXPECT_TRUE(is_ok(client));
  EXPECT_EQ(server.log.lines.value(), 1);
}

TEST(ListenerLimitsTest, StopsUsingASocketThatDoesNotListen) {
  Server server;
  const net::Socket deaf(::socket(AF_INET, SOCK_STREAM, 0));
  server.on_loop([&] { EXPECT_TRUE(server.listener->start(deaf.fd())); });
  ASSERT_TRUE(server.log.lines.wait_for(1));
  EXPECT_EQ(server.log.last_message(), "listening socket is unusable");
  Client client(server.socket.port);
  EXPECT_TRUE(is_ok(client)) << "the other socket still works";
}

TEST(ListenerLimitsTest, ServesSeveralSockets) {
  Server server;
  const ListeningSocket other;
  server.on_loop([&] { EXPECT_TRUE(server.listener->start(other.fd())); });
  Client first(server.socket.port);
  Client second(other.port);
  EXPECT_TRUE(is_ok(first));
  EXPECT_TRUE(is_ok(second));
  server.on_loop([&] { server.listener->stop_accepting(); });
}

TEST(ListenerLimitsTest, CannotStartOnWhatIsNoDescriptorOrIsWatchedAlready) {
  Server server;
  server.on_loop([&] {
    for (const int fd : {-1, server.socket.fd()}) {
      const Status started = server.listener->start(fd);
      ASSERT_FALSE(started);
      EXPECT_EQ(started.error().code, Code::Unavailable);
    }
  });
}

}  // namespace
}  // namespace gw::test
