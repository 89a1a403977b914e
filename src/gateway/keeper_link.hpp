#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "base/log.hpp"
#include "net/event_loop.hpp"
#include "platform/packet_channel.hpp"
#include "ports/supervisor.hpp"
#include "protocol/keeper_messages.hpp"

namespace gw::gateway {

/// This generation's side of the talk with its keeper (protocol/keeper_messages.hpp). Lives on the control
/// thread.
class KeeperLink final : public Supervisor {
 public:
  /// What is not for the restart driver. All are set.
  struct Handlers {
    std::function<void(const keeper::Take&)> on_take;
    std::function<void(std::vector<platform::Fd>)> on_handshakes;  ///< The descriptors of the message.
    std::function<void()> on_reload;
    std::function<void(const keeper::Listening&, std::vector<platform::Fd> sockets)> on_listening;
    std::function<void(const keeper::Adopted&)> on_adopted;
    std::function<void()> on_lost;  ///< The keeper is gone.
  };

  /// A closed channel means that there is no keeper.
  KeeperLink(platform::PacketChannel channel, int keeper_pid, EventLoop& loop, Log& log, Handlers handlers);

  /// Must be set before `start`.
  void set_events(SupervisorEvents& events) { events_ = &events; }
  void start();
  void send(const keeper::Message& message);
  /// With duplicates of `descriptors`. `Code::Unavailable` as PacketChannel::send, and without a keeper.
  Status send(const keeper::Message& message, std::span<const int> descriptors);

  bool can_restart() const override { return channel_.is_open(); }
  int pid() const override { return keeper_pid_; }
  void start_successor(std::int64_t attempt) override { send(keeper::StartSuccessor{attempt}); }
  void drop_successor() override { send(keeper::DropSuccessor{}); }
  void released() override { send(keeper::Released{}); }
  void report_status(const std::string& line) override { send(keeper::StatusLine{line}); }

 private:
  void receive();
  void deliver(const keeper::Message& message, std::vector<platform::Fd> descriptors);
  void lost();

  platform::PacketChannel channel_;
  int keeper_pid_;
  EventLoop& loop_;
  Log& log_;
  Handlers handlers_;
  SupervisorEvents* events_ = nullptr;
  std::unique_ptr<Watch> watch_;
};

}  // namespace gw::gateway
