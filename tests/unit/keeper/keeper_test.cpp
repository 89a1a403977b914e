#include "keeper/keeper.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/uuid.hpp"
#include "platform/packet_channel.hpp"
#include "platform/stream_socket.hpp"

namespace gw::keeper {
namespace {

/// Signals that the test itself sends.
class TestSignals final : public platform::Signals {
 public:
  TestSignals() : ends_(*platform::PacketChannel::make_pair()) {}
  void send(int number) { (void)ends_.first.send(std::to_string(number)); }
  int fd() const override { return ends_.second.fd(); }
  std::optional<int> next() override {
    const auto packet = ends_.second.receive(10);
    return packet && *packet ? std::optional(std::stoi(**packet)) : std::nullopt;
  }

 private:
  std::pair<platform::PacketChannel, platform::PacketChannel> ends_;
};

/// A keeper of fake generations, on a thread of its own.
class KeeperTest : public testing::Test {
 protected:
  KeeperTest() { std::filesystem::create_directories(dir_); }
  ~KeeperTest() override {
    if (thread_.joinable()) {
      signals_.send(SIGTERM);
      signals_.send(SIGTERM);
      thread_.join();
    }
    std::filesystem::remove_all(dir_);
  }

  struct Service {
    std::string notify_socket;
    std::optional<Millis> watchdog_every;
  };

  /// On a port that the kernel chose; bound to loopback, whatever is wished.
  Endpoint endpoint() {
    auto listeners = *open_listeners("127.0.0.1", 0);
    port_ = listeners.front().port;
    return Endpoint({std::move(listeners),
                     [](const ListenWish&) -> std::expected<std::string, Refusal> { return "127.0.0.1"; },
                     [this](std::uint16_t port) { moved_to_ = port; }});
  }

  void start(const std::string& plan, const generations::Limits& limits = {}, const Service& service = {}) {
    Launch launch;
    launch.libexec = GW_FAKE_LIBEXEC;
    launch.environment = {"FAKE_PLAN=" + plan, "FAKE_LOG=" + log_file(),
                          "FAKE_PORT=" + std::to_string(wanted_port_)};
    keeper_.emplace(Keeper::World{.log = log_,
                                  .signals = signals_,
                                  .notifier = platform::ServiceNotifier(service.notify_socket),
                                  .watchdog_every = service.watchdog_every},
                    endpoint(), std::move(launch), limits);
    thread_ = std::thread([this] { code_ = keeper_->run(); });
  }

  static generations::Limits quick_probation() {
    generations::Limits limits;
    limits.probation = Millis{20};
    limits.probe = Millis{1};
    return limits;
  }

  int wait_for_end() {
    thread_.join();
    return code_;
  }

  std::string log_file() const { return (dir_ / "log").string(); }

  /// The pid in the first line that starts with `text`, once it is there; 0 when it never comes.
  int wait_for(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      std::ifstream file(log_file());
      std::string line;
      while (std::getline(file, line)) {
        if (line.starts_with(text)) return std::stoi(line.substr(line.rfind(' ') + 1));
      }
      std::this_thread::yield();
    }
    ADD_FAILURE() << "nobody said: " << text << "\n" << std::ifstream(log_file()).rdbuf();
    return 0;
  }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / random_uuid();
  NullLog log_;
  TestSignals signals_;
  std::uint16_t port_ = 0;
  std::uint16_t wanted_port_ = 0;  // What the plan `move` asks for.
  std::atomic<std::uint16_t> moved_to_ = 0;
  std::optional<Keeper> keeper_;
  std::thread thread_;
  int code_ = -1;
};

TEST_F(KeeperTest, ServesAndStopsWithZeroLeavingNoProcess) {
  start("ok");
  const int pid = wait_for("1 serving");
  signals_.send(SIGTERM);
  EXPECT_EQ(wait_for_end(), 0);
  wait_for("1 stop");
  EXPECT_EQ(::kill(pid, 0), -1);
}

std::uint16_t free_port() { return platform::listen_tcp("127.0.0.1", 0)->port; }

TEST_F(KeeperTest, WhoServesIsGivenTheSocketAndAnotherOneWhenItsConfigurationSaysSo) {
  wanted_port_ = free_port();
  start("move");
  wait_for("1 listening on " + std::to_string(port_) + " ");
  wait_for("1 take");
  wait_for("1 listening on " + std::to_string(wanted_port_) + " (moved)");
  wait_for("1 adopted 1: ");
  EXPECT_EQ(moved_to_, wanted_port_);
  EXPECT_TRUE(platform::listen_tcp("127.0.0.1", port_).has_value()) << "the old port is free";
}

TEST_F(KeeperTest, APortThatIsTakenIsNamedAndNothingMoves) {
  const auto other = platform::listen_tcp("127.0.0.1", 0);
  wanted_port_ = other->port;
  start("move");
  wait_for("1 adopted 1: cannot listen on 127.0.0.1:" + std::to_string(wanted_port_));
  EXPECT_EQ(moved_to_, 0);
  EXPECT_FALSE(platform::listen_tcp("127.0.0.1", port_).has_value()) << "it listens where it did";
}

TEST_F(KeeperTest, AMoveBackWaitsUntilTheOldSocketIsClosed) {
  wanted_port_ = free_port();
  start("move-back", {.watch = Millis{1}});
  wait_for("1 adopted 2: ");
  wait_for("1 listening on " + std::to_string(port_) + " (moved)");
  EXPECT_EQ(moved_to_, port_);
}

TEST_F(KeeperTest, TheOneThatComesAfterAMoveServesThere) {
  wanted_port_ = free_port();
  start("move,ok");
  const int first = wait_for("1 adopted 1: ");
  ::kill(first, SIGKILL);
  wait_for("2 listening on " + std::to_string(wanted_port_) + " ");
  wait_for("2 serving");
}

TEST_F(KeeperTest, AFailedFirstStartEndsWithItsCodeAndReason) {
  start("fail78");
  EXPECT_EQ(wait_for_end(), 78);
  EXPECT_EQ(keeper_->failure(), "a bad key");
}

TEST_F(KeeperTest, ASuccessorThatSpeaksAnotherVersionFailsAndTheReasonSaysWhatToDo) {
  start("restart,other-version");
  wait_for("1 successor failed: keeper message of version 1, expected 2; to take that program, stop");
}

TEST_F(KeeperTest, AMissingProgramEndsTheFirstStart) {
  Launch launch;
  launch.libexec = dir_;
  Keeper keeper({log_, signals_, platform::ServiceNotifier("")}, endpoint(), launch);
  EXPECT_EQ(keeper.run(), 1);
  EXPECT_NE(keeper.failure().find("openclaw-gateway"), std::string::npos);
}

TEST_F(KeeperTest, ARestartEndsWithTheSuccessorServingAndTheOldOneGone) {
  start("restart,ok", quick_probation());
  const int old = wait_for("1 serving");
  wait_for("2 serving");
  wait_for("1 retire");
  signals_.send(SIGINT);
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_EQ(::kill(old, 0), -1);
}

TEST_F(KeeperTest, ASuccessorThatDiesInItsProbationGivesBackToTheOldOne) {
  generations::Limits limits;
  limits.probe = Millis{1};
  start("restart,die-when-probed", limits);
  wait_for("2 serving");
  wait_for("1 resume: exited with code 8");
}

TEST_F(KeeperTest, ASuccessorThatAnswersNoProbeGivesBackToTheOldOne) {
  generations::Limits limits;
  limits.probe = Millis{1};
  limits.probe_answer = Millis{20};
  start("restart,deaf", limits);
  wait_for("2 probe");
  wait_for("1 resume: did not answer within 0 s during its probation");
}

TEST_F(KeeperTest, AKilledGenerationIsReplaced) {
  start("ok");
  ::kill(wait_for("1 serving"), SIGKILL);
  wait_for("2 serving");
}

TEST_F(KeeperTest, ASuccessorThatDiesAtStartLeavesTheOldOneServing) {
  start("restart,die-at-start");
  wait_for("1 successor failed: exited with code 9");
}

TEST_F(KeeperTest, ASuccessorThatFailsIsReportedInItsOwnWords) {
  start("restart,fail78");
  wait_for("1 successor failed: a bad key");
}

TEST_F(KeeperTest, ASuccessorThatDiesAfterTakeGivesBackToTheOldOne) {
  start("restart,die-after-take");
  wait_for("1 resume: exited with code 7");
}

TEST_F(KeeperTest, ARestartSignalIsPassedOn) {
  start("ok");
  wait_for("1 serving");
  signals_.send(SIGUSR2);
  wait_for("1 signal SIGUSR2");
  wait_for("2 serving");
}

TEST_F(KeeperTest, AGenerationThatIgnoresStopIsKilled) {
  generations::Limits limits;
  limits.stop = Millis{20};
  start("ignore-stop", limits);
  const int pid = wait_for("1 serving");
  signals_.send(SIGTERM);
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(KeeperTest, TheServiceManagersWatchdogIsFed) {
  const std::string path = (dir_ / "notify").string();
  const platform::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  start("ok", {}, {.notify_socket = path, .watchdog_every = Millis{1}});
  int fed = 0;
  while (fed < 3) {  // The test's own time limit ends it when none comes.
    std::array<char, 256> text{};
    const auto size = ::recv(socket.get(), text.data(), text.size(), 0);
    ASSERT_GT(size, 0);
    if (std::string_view(text.data(), static_cast<std::size_t>(size)) == "WATCHDOG=1") ++fed;
  }
}

TEST(LaunchTest, TheProgramIsLookedUpBehindSymbolicLinksAtEachCall) {
  const auto dir = std::filesystem::temp_directory_path() / random_uuid();
  for (const char* version : {"v1", "v2"}) {
    std::filesystem::create_directories(dir / version / "bin");
    std::ofstream(dir / version / "bin" / "openclaw") << "x";
  }
  std::filesystem::create_symlink(dir / "v1" / "bin" / "openclaw", dir / "openclaw");
  Launch launch;
  launch.program = dir / "openclaw";
  Endpoint::Parts parts;
  parts.listeners.emplace_back();
  const Endpoint endpoint(std::move(parts));
  EXPECT_EQ(call_for(launch, endpoint, {1}, false, 3).program, dir / "v1" / "libexec" / "openclaw-gateway");
  std::filesystem::remove(dir / "openclaw");
  std::filesystem::create_symlink(dir / "v2" / "bin" / "openclaw", dir / "openclaw");
  EXPECT_EQ(call_for(launch, endpoint, {2}, true, 3).program, dir / "v2" / "libexec" / "openclaw-gateway");
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace gw::keeper
