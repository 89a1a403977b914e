#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "core/generations/machine.hpp"
#include "keeper/endpoint.hpp"
#include "keeper/launch.hpp"
#include "platform/child_process.hpp"
#include "platform/owner_record.hpp"
#include "platform/packet_channel.hpp"
#include "platform/service_notifier.hpp"
#include "platform/signals.hpp"
#include "protocol/keeper_messages.hpp"

namespace gw::keeper {

/// Carries out what generations::Machine decides: starts processes, passes messages, reaps, listens to
/// signals. Never reads what clients send. One thread; `run` blocks it until the gateway ends.
class Keeper {
 public:
  struct World {
    Log& log;
    platform::Signals& signals;
    platform::ServiceNotifier notifier;
    platform::OwnerRecord owner_record{};  // Shows nothing unless given.
    std::optional<Millis>
        watchdog_every{};  // The service manager ends us when it does not hear of us in twice that.
    std::function<void(const Configured&)> set_logging{};  // Level, style and file as it says, from now on.
  };

  Keeper(World world, Endpoint endpoint, Launch launch, const generations::Limits& limits = {});

  /// Serves until a stop, or until the first generation ever started fails. Returns the exit code.
  int run();
  /// Why it ended, when that was not a clean stop.
  const std::string& failure() const { return failure_; }

 private:
  /// Sockets in mid-handshake on their way from one generation to the next.
  struct Held {
    std::string packet;
    std::vector<platform::Fd> descriptors;
  };
  struct Child {
    platform::ChildProcess process;
    platform::PacketChannel channel;
  };

  void wait_and_read();
  void feed_watchdog();
  void read_signals();
  void on_signal(int number);
  void read_child(std::int64_t id);
  void read_messages(generations::Id id, Child& child);
  void on_message(generations::Id id, const Message& message);
  void adopt(generations::Id id, const Configured& configured);
  void move_if_wanted(generations::Id id, const Configured& configured);
  void forget_move();
  void tell_listening(generations::Id id, bool is_move);
  void handle_events();

  void apply(const generations::Spawn& e);
  void apply(const generations::TellTake& e);
  void apply(const generations::TellSuccessorReady& e);
  void apply(const generations::TellSuccessorFailed& e);
  void apply(const generations::TellResume& e);
  void apply(const generations::TellRetire& e);
  void apply(const generations::TellProbe& e);
  void apply(const generations::TellStop& e);
  void apply(const generations::TellRestartSignal& e);
  void apply(const generations::Kill& e);
  void apply(const generations::ReportServing& e);
  void apply(const generations::ReportCrash& e);
  void apply(const generations::ReportStatus& e);
  void apply(const generations::Exit& e);
  void apply(const generations::WakeAt& e);

  Status try_spawn(const generations::Spawn& e);
  void tell(generations::Id id, const Message& message);
  void pass_held(generations::Id id);
  void show_owner(generations::Id id);
  void lose_channel(generations::Id id, const std::string& why);

  World world_;
  Endpoint endpoint_;
  Launch launch_;
  generations::Machine machine_;
  std::map<std::int64_t, Child> children_;
  std::deque<generations::Event> events_;  // Not fed yet; empty whenever we wait.
  // Until somebody serves: who was given them may die before.
  std::optional<Held> held_;
  std::optional<generations::Id> moving_;  // Still has the socket before the present one.
  std::optional<Configured> move_later_;   // What it wants by then.
  std::optional<Instant> wake_at_;
  std::optional<Instant> feed_at_;  // Nothing without a watchdog.
  std::optional<Instant> stop_asked_at_;
  std::optional<int> exit_code_;
  std::string failure_;
  bool has_served_ = false;
};

}  // namespace gw::keeper
