#include "gateway/keeper_link.hpp"

#include <utility>
#include <variant>

namespace gw::gateway {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

KeeperLink::KeeperLink(platform::PacketChannel channel, int keeper_pid, EventLoop& loop, Log& log,
                       Handlers handlers)
    : channel_(std::move(channel)),
      keeper_pid_(keeper_pid),
      loop_(loop),
      log_(log),
      handlers_(std::move(handlers)) {}

void KeeperLink::start() {
  if (!channel_.is_open()) return handlers_.on_take({});
  watch_ = loop_.watch_readable(channel_.fd(), [this] { receive(); });
}

void KeeperLink::send(const keeper::Message& message) {
  if (!channel_.is_open()) return;
  if (auto sent = channel_.send(keeper::encode(message)); !sent) {
    log_.error("gateway", "could not reach the keeper", {{"error", sent.error().message}});
  }
}

Status KeeperLink::send(const keeper::Message& message, std::span<const int> descriptors) {
  if (!channel_.is_open()) return fail(Code::Unavailable, "there is no keeper");
  return channel_.send(keeper::encode(message), descriptors);
}

void KeeperLink::receive() {
  while (channel_.is_open()) {
    std::vector<platform::Fd> descriptors;
    auto packet = channel_.receive(keeper::kMessageBytesMax, &descriptors);
    if (!packet) return lost();
    if (!*packet) return;
    auto message = keeper::decode(**packet);
    if (message) {
      deliver(*message, std::move(descriptors));
    } else if (message.error().code != Code::NotFound) {
      log_.error("gateway", "a message of the keeper was not understood",
                 {{"error", message.error().message}});
    }
  }
}

void KeeperLink::deliver(const keeper::Message& message, std::vector<platform::Fd> descriptors) {
  std::visit(
      Overloaded{[&](const keeper::Take& m) { handlers_.on_take(m); },
                 [&](const keeper::Handshakes&) { handlers_.on_handshakes(std::move(descriptors)); },
                 [&](const keeper::SuccessorReady& m) { events_->on_successor_ready(m.version, m.attempt); },
                 [&](const keeper::SuccessorFailed& m) { events_->on_successor_failed(m.reason, m.attempt); },
                 [&](const keeper::Resume& m) { events_->on_resume(m.reason); },
                 [&](const keeper::Retire&) { events_->on_retire(); },
                 [&](const keeper::Reload&) { handlers_.on_reload(); },
                 [&](const keeper::Listening& m) { handlers_.on_listening(m, std::move(descriptors)); },
                 [&](const keeper::Adopted& m) { handlers_.on_adopted(m); },
                 [&](const keeper::Probe&) { send(keeper::Healthy{}); },
                 [&](const keeper::Stop&) { events_->on_stop(); },
                 [&](const keeper::RestartSignal& m) { events_->on_restart_signal(m.name); },
                 [](const auto&) {}},  // What only a generation says.
      message);
}

void KeeperLink::lost() {
  watch_.reset();
  channel_.close();
  handlers_.on_lost();
}

}  // namespace gw::gateway
