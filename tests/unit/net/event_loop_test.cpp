#include "net/event_loop.hpp"

#include <algorithm>
#include <array>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "net/sockets.hpp"

namespace gw {
namespace {

struct SocketPair {
  SocketPair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    ours = net::Socket(fds[0]);
    theirs = net::Socket(fds[1]);
  }
  void write(std::string_view text) const {
    EXPECT_EQ(::write(theirs.fd(), text.data(), text.size()), ssize_t(text.size()));
  }
  std::string read(std::size_t count) const {
    std::string text(count, '\0');
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(ours.fd(), text.data(), count))));
    return text;
  }

  net::Socket ours;
  net::Socket theirs;
};

TEST(EventLoopTest, RunsPostedWorkInOrderAlsoWhenPostedFromWork) {
  EventLoop loop;
  std::string order;
  loop.post([&] {
    order += 'a';
    loop.post([&] {
      order += 'd';
      loop.stop();
    });
    order += 'b';
  });
  loop.post([&] { order += 'c'; });
  loop.run();
  EXPECT_EQ(order, "abcd");
}

TEST(EventLoopTest, KeepsTheOrderOfEachPostingThread) {
  constexpr int kPosts = 5'000;
  EventLoop loop;
  std::array<std::vector<int>, 3> seen;
  std::array<std::thread, 3> threads;
  int left = 3 * kPosts;
  for (std::size_t t = 0; t < threads.size(); ++t) {
    threads[t] = std::thread([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.post([&, t, i] {
          seen[t].push_back(i);
          if (--left == 0) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  for (const auto& numbers : seen) {
    EXPECT_EQ(numbers.size(), std::size_t{kPosts});
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
  }
}

TEST(EventLoopTest, StopBeforeRunEndsThatRunOnly) {
  EventLoop loop;
  loop.stop();
  loop.run();
  bool ran = false;
  loop.post([&] {
    ran = true;
    loop.stop();
  });
  loop.run();
  EXPECT_TRUE(ran);
}

TEST(EventLoopTest, TimersAreNotEarlyAndFireByTime) {
  EventLoop loop;
  std::string order;
  const Instant start = loop.now();
  Instant fired;
  const auto late = loop.after(Millis{30}, [&] {
    order += 'b';
    fired = loop.now();
    loop.stop();
  });
  const auto soon = loop.after(Millis{1}, [&] { order += 'a'; });
  loop.run();
  EXPECT_EQ(order, "ab");
  EXPECT_GE(fired - start, Millis{30});
}

TEST(EventLoopTest, ADestroyedTimerDoesNotFireEvenWhenItHasExpired) {
  EventLoop loop;
  int fired = 0;
  std::unique_ptr<Timer> first;
  std::unique_ptr<Timer> second;
  // Both expire in the same turn; whichever runs first destroys the other.
  first = loop.after(Millis{0}, [&] {
    ++fired;
    second.reset();
  });
  second = loop.after(Millis{0}, [&] {
    ++fired;
    first.reset();
  });
  const auto end = loop.after(Millis{5}, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(fired, 1);
}

TEST(EventLoopTest, ATimerMayDestroyItselfInItsCall) {
  EventLoop loop;
  std::unique_ptr<Timer> timer;
  timer = loop.after(Millis{0}, [&] {
    timer.reset();
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(timer, nullptr);
}

TEST(EventLoopTest, WallClockIsThisCentury) {
  const EventLoop loop;
  EXPECT_GT(loop.wall_now().value, 1'700'000'000'000);
}

TEST(WatchTest, CallsAgainWhileSomethingIsLeftToRead) {
  EventLoop loop;
  const SocketPair pair;
  pair.write("abc");
  std::string got;
  const auto watch = loop.watch_readable(pair.ours.fd(), [&] {
    got += pair.read(1);
    if (got.size() == 3) pair.write("d");
    if (got.size() == 4) loop.stop();
  });
  loop.run();
  EXPECT_EQ(got, "abcd");
}

TEST(WatchTest, TellsTheEndOfThePeer) {
  EventLoop loop;
  SocketPair pair;
  const auto watch = loop.watch_readable(pair.ours.fd(), [&] { loop.stop(); });
  loop.post([&] { pair.theirs.close(); });
  loop.run();
  EXPECT_EQ(pair.read(1), "");
}

TEST(WatchTest, IsSilentAfterItsDestructionAndLeavesTheDescriptorOpen) {
  EventLoop loop;
  const SocketPair pair;
  int calls = 0;
  std::unique_ptr<Watch> watch;
  watch = loop.watch_readable(pair.ours.fd(), [&] {
    ++calls;
    watch.reset();
  });
  pair.write("x");
  const auto end = loop.after(Millis{5}, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(pair.read(9), "x");
  EXPECT_NE(loop.watch_readable(pair.ours.fd(), [] {}), nullptr) << "may be watched again";
}

TEST(WatchTest, TellsWhenTheDescriptorCanBeWritten) {
  EventLoop loop;
  const SocketPair pair;
  const auto watch = loop.watch_readable(pair.ours.fd(), [] { FAIL() << "nothing to read"; });
  watch->when_writable([&] { watch->when_writable([&] { loop.stop(); }); });
  loop.run();
}

TEST(WatchTest, StopsReadingOnRequest) {
  EventLoop loop;
  const SocketPair pair;
  const auto watch = loop.watch_readable(pair.ours.fd(), [] { FAIL() << "reading was stopped"; });
  watch->stop_reading();
  pair.write("x");
  watch->when_writable([&] { loop.post([&] { loop.stop(); }); });
  loop.run();
}

TEST(WatchTest, IsRefusedForWhatCannotBeWatchedAndForASecondWatch) {
  EventLoop loop;
  const SocketPair pair;
  EXPECT_EQ(loop.watch_readable(-1, [] {}), nullptr);
  const auto watch = loop.watch_readable(pair.ours.fd(), [] {});
  EXPECT_EQ(loop.watch_readable(pair.ours.fd(), [] {}), nullptr);
}

}  // namespace
}  // namespace gw
