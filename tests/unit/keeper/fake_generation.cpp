// Stands in for `openclaw-gateway` in the keeper's tests: speaks the control protocol, serves nothing. What
// it does is in FAKE_PLAN, one entry per generation separated by `,`: `ok`, `fail78`, `die-at-start`,
// `die-after-take`, `die-when-probed`, `deaf` (answers no probe), `restart` (asks for a successor once it
// serves), `ignore-stop`, `move` (wants the port FAKE_PORT once it serves), `move-back` (and then the first
// one again, while it has that still open), `other-version` (speaks another version of the protocol). Later
// generations follow the last entry. What it sees goes line by line to the file FAKE_LOG.

#include <cstdlib>
#include <fstream>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "platform/packet_channel.hpp"
#include "protocol/keeper_messages.hpp"

namespace {

using namespace gw;

std::string plan_of(int generation) {
  std::string plan = std::getenv("FAKE_PLAN");
  for (int i = 1; i < generation && plan.find(',') != std::string::npos; ++i)
    plan.erase(0, plan.find(',') + 1);
  return plan.substr(0, plan.find(','));
}

class Fake {
 public:
  Fake(int number, std::string plan) : number_(number), plan_(std::move(plan)), channel_(platform::Fd(3)) {}

  int run() {
    note("started");
    if (plan_ == "die-at-start") return 9;
    if (plan_ == "fail78") {
      say(keeper::Failed{"a bad key", 78});
      return 78;
    }
    if (plan_ == "other-version") (void)channel_.send(R"({"v":1,"type":"ready"})");
    say(keeper::Ready{"boot", "fake"});
    for (;;) {
      pollfd entry{channel_.fd(), POLLIN, 0};
      ::poll(&entry, 1, -1);
      std::vector<platform::Fd> sockets;
      auto packet = channel_.receive(keeper::kMessageBytesMax, &sockets);
      if (!packet) return 0;  // The keeper is gone.
      if (!*packet) continue;
      const auto message = keeper::decode(**packet);
      if (!sockets.empty()) next_socket_ = std::move(sockets.front());
      if (message && on_message(*message)) return exit_code_;
    }
  }

 private:
  /// True: end.
  bool on_message(const keeper::Message& message) {
    if (std::holds_alternative<keeper::Take>(message)) return on_take();
    if (std::holds_alternative<keeper::SuccessorReady>(message)) {
      note("successor ready");
      say(keeper::Released{});
    } else if (const auto* failed = std::get_if<keeper::SuccessorFailed>(&message)) {
      note("successor failed: " + failed->reason);
    } else if (const auto* resume = std::get_if<keeper::Resume>(&message)) {
      note("resume: " + resume->reason);
    } else if (const auto* signal = std::get_if<keeper::RestartSignal>(&message)) {
      note("signal " + signal->name);
      say(keeper::StartSuccessor{});
    } else if (const auto* listening = std::get_if<keeper::Listening>(&message)) {
      on_listening(*listening);
    } else if (const auto* adopted = std::get_if<keeper::Adopted>(&message)) {
      note("adopted " + std::to_string(adopted->attempt) + ": " +
           adopted->problem.substr(0, adopted->problem.find('\n')));
    } else if (std::holds_alternative<keeper::Probe>(message)) {
      note("probe");
      // The keeper asks again after our answer, so it has heard what we said before that.
      if (probes_until_moved_ > 0 && --probes_until_moved_ == 0) leave_old_socket();
      exit_code_ = 8;
      if (plan_ == "die-when-probed") return true;
      exit_code_ = 0;
      if (plan_ != "deaf") say(keeper::Healthy{});
    } else if (std::holds_alternative<keeper::Retire>(message)) {
      note("retire");
      return true;
    } else if (std::holds_alternative<keeper::Stop>(message)) {
      note("stop");
      return plan_ != "ignore-stop";
    }
    return false;
  }

  void on_listening(const keeper::Listening& listening) {
    note("listening on " + std::to_string(listening.port) + (listening.is_move ? " (moved)" : ""));
    if (!listening.is_move) {
      first_port_ = listening.port;
      socket_ = std::move(next_socket_);
    } else if (plan_ == "move-back" && listening.port != first_port_) {
      want(first_port_, 2);
      probes_until_moved_ = 2;
    } else {
      leave_old_socket();
    }
  }

  void leave_old_socket() {
    socket_ = std::move(next_socket_);
    say(keeper::Moved{});
  }

  bool on_take() {
    note("take");
    if (plan_ == "die-after-take") {
      exit_code_ = 7;
      return true;
    }
    say(keeper::Serving{});
    note("serving");
    if (plan_ == "restart") say(keeper::StartSuccessor{});
    if (plan_.starts_with("move")) want(static_cast<std::uint16_t>(std::atoi(std::getenv("FAKE_PORT"))), 1);
    return false;
  }

  void want(std::uint16_t port, std::int64_t attempt) {
    say(keeper::Configured{.attempt = attempt, .port = port, .bind = "loopback", .probation = Millis{20}});
  }

  void say(const keeper::Message& message) { (void)channel_.send(keeper::encode(message)); }
  void note(const std::string& text) const {
    std::ofstream(std::getenv("FAKE_LOG"), std::ios::app)
        << (std::to_string(number_) + " " + text + " " + std::to_string(::getpid()) + "\n") << std::flush;
  }

  int number_;
  std::string plan_;
  platform::PacketChannel channel_;
  platform::Fd socket_;
  platform::Fd next_socket_;
  int probes_until_moved_ = 0;
  std::uint16_t first_port_ = 0;
  int exit_code_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || std::string(argv[1]) != "--generation") return 2;
  const int number = std::atoi(argv[2]);
  return Fake(number, plan_of(number)).run();
}
