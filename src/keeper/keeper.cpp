#include "keeper/keeper.hpp"

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "platform/clock.hpp"
#include "platform/memory.hpp"

namespace gw::keeper {
namespace {

namespace gen = generations;

constexpr std::string_view kSubsystem = "gateway";
// Two generations that ignore a stop are killed within it. The service manager is told, so that a shorter
// stop timeout of its own does not end them before.
constexpr Millis kStopBudget{25'000};
constexpr Millis kLongestWait{3'600'000};  // Any bound that fits poll's int will do.

int poll_wait(std::initializer_list<std::optional<Instant>> wakes) {
  std::optional<Millis> wait;
  for (const auto& at : wakes) {
    if (at) wait = std::min(wait.value_or(kLongestWait), std::max(*at - platform::now(), Millis{0}));
  }
  return wait ? static_cast<int>(wait->count()) : -1;
}

}  // namespace

Keeper::Keeper(World world, Endpoint endpoint, Launch launch, const gen::Limits& limits)
    : world_(std::move(world)),
      endpoint_(std::move(endpoint)),
      launch_(std::move(launch)),
      machine_(limits) {}

int Keeper::run() {
  feed_watchdog();
  events_.emplace_back(gen::Begin{});
  handle_events();
  while (!exit_code_) {
    wait_and_read();
    handle_events();
  }
  children_.clear();  // Kills and reaps whoever a second stop left.
  return *exit_code_;
}

void Keeper::wait_and_read() {
  std::vector<pollfd> entries{{world_.signals.fd(), POLLIN, 0}};
  std::vector<std::int64_t> owners{0};
  for (const auto& [id, child] : children_) {
    entries.push_back({child.process.exit_fd(), POLLIN, 0});
    owners.push_back(id);
    if (!child.channel.is_open()) continue;
    entries.push_back({child.channel.fd(), POLLIN, 0});
    owners.push_back(id);
  }
  const int ready = ::poll(entries.data(), entries.size(), poll_wait({wake_at_, feed_at_}));
  if (ready > 0) {
    if (entries[0].revents != 0) read_signals();
    for (std::size_t i = 1; i < entries.size(); ++i) {
      if (entries[i].revents != 0) read_child(owners[i]);
    }
  }
  if (wake_at_ && platform::now() >= *wake_at_) events_.emplace_back(gen::Tick{});
  if (feed_at_ && platform::now() >= *feed_at_) feed_watchdog();
}

void Keeper::feed_watchdog() {
  if (!world_.watchdog_every) return;
  world_.notifier.send("WATCHDOG=1");
  feed_at_ = platform::now() + *world_.watchdog_every;
}

void Keeper::read_signals() {
  while (const auto number = world_.signals.next()) on_signal(*number);
}

void Keeper::on_signal(int number) {
  const std::string name = platform::signal_name(number);
  world_.log.info(kSubsystem, "signal " + name + " received");
  switch (number) {
    case SIGTERM:
    case SIGINT:
      if (stop_asked_at_) {
        world_.log.warn(kSubsystem, "received " + name + " during shutdown; ending at once");
      } else {
        stop_asked_at_ = platform::now();
        world_.log.info(kSubsystem, "received " + name + "; shutting down");
        world_.notifier.send("STOPPING=1\nSTATUS=Stopping\nEXTEND_TIMEOUT_USEC=" +
                             std::to_string(std::chrono::microseconds(kStopBudget).count()));
      }
      events_.emplace_back(gen::StopSignal{});
      return;
    case SIGUSR1:
    case SIGUSR2:
      if (stop_asked_at_) {
        world_.log.info(kSubsystem, "received " + name + " during shutdown; ignoring");
        return;
      }
      events_.emplace_back(gen::RestartSignal{name});
      return;
    case SIGHUP:
      // Whoever is about to serve reads the file anyhow.
      if (const auto holder = machine_.floor()) tell(*holder, Reload{});
      return;
    default:
      world_.log.info(kSubsystem, name + " has no meaning in this release; ignoring it");
      return;
  }
}

void Keeper::read_child(std::int64_t id) {
  const auto at = children_.find(id);
  if (at == children_.end()) return;  // Its channel and its end were both ready; this is the second.
  Child& child = at->second;
  read_messages(gen::Id{id}, child);
  if (const auto report = child.process.reap()) {
    // What it said between the two lines above counts as well.
    read_messages(gen::Id{id}, child);
    events_.emplace_back(gen::Ended{gen::Id{id}, report->text, report->code});
    children_.erase(at);
  }
}

void Keeper::read_messages(gen::Id id, Child& child) {
  while (child.channel.is_open()) {
    std::vector<platform::Fd> descriptors;
    auto packet = child.channel.receive(kMessageBytesMax, &descriptors);
    if (!packet) return lose_channel(id, packet.error().message);
    if (!*packet) return;
    const auto message = decode(**packet);
    if (message && std::holds_alternative<Handshakes>(*message)) {
      if (machine_.floor() == id) held_ = Held{*std::move(*packet), std::move(descriptors)};
    } else if (message) {
      on_message(id, *message);
    } else if (message.error().code != Code::NotFound) {
      events_.emplace_back(gen::FailedSaid{
          id, message.error().message + "; to take that program, stop the gateway and start it", 1});
      return lose_channel(id, message.error().message);
    }
  }
}

void Keeper::on_message(gen::Id id, const Message& message) {
  if (const auto* ready = std::get_if<Ready>(&message)) {
    events_.emplace_back(gen::ReadySaid{id, ready->version});
  } else if (const auto* failed = std::get_if<Failed>(&message)) {
    events_.emplace_back(gen::FailedSaid{id, failed->reason, failed->exit_code});
  } else if (const auto* wanted = std::get_if<StartSuccessor>(&message)) {
    events_.emplace_back(gen::SuccessorWanted{id, wanted->attempt});
  } else if (std::holds_alternative<DropSuccessor>(message)) {
    events_.emplace_back(gen::SuccessorUnwanted{id});
  } else if (std::holds_alternative<Released>(message)) {
    events_.emplace_back(gen::ReleasedSaid{id});
  } else if (std::holds_alternative<Serving>(message)) {
    events_.emplace_back(gen::ServingSaid{id});
  } else if (std::holds_alternative<Healthy>(message)) {
    events_.emplace_back(gen::HealthySaid{id});
  } else if (const auto* status = std::get_if<StatusLine>(&message)) {
    events_.emplace_back(gen::StatusSaid{id, status->text});
  } else if (const auto* configured = std::get_if<Configured>(&message)) {
    adopt(id, *configured);
  } else if (std::holds_alternative<Moved>(message) && moving_ == id) {
    moving_.reset();
    if (const auto later = std::exchange(move_later_, std::nullopt)) move_if_wanted(id, *later);
  }
}

// What counts is what the one that serves runs with: another may have read the file at another time.
void Keeper::adopt(gen::Id id, const Configured& configured) {
  if (machine_.floor() != id) return;
  if (world_.set_logging) world_.set_logging(configured);
  machine_.set_probation(configured.probation);
  move_if_wanted(id, configured);
}

// One move at a time: while the old socket is open, its port is taken, also for ourselves.
void Keeper::move_if_wanted(gen::Id id, const Configured& configured) {
  if (moving_ == id) {
    move_later_ = configured;
    return;
  }
  Adopted answer{.attempt = configured.attempt, .problem = {}};
  const auto moved = endpoint_.move({.port = configured.port,
                                     .bind = configured.bind,
                                     .custom_bind_host = configured.custom_bind_host,
                                     .is_guarded = configured.is_guarded});
  if (!moved) answer.problem = moved.error().message;
  if (moved && *moved) {
    moving_ = id;
    tell_listening(id, true);
    world_.owner_record.set_port(endpoint_.port());
    show_owner(id);
  }
  tell(id, answer);
}

/// Somebody else serves from now on: who did has closed its socket, or is dead.
void Keeper::forget_move() {
  moving_.reset();
  move_later_.reset();
}

void Keeper::tell_listening(gen::Id id, bool is_move) {
  const auto at = children_.find(id.value);
  if (at == children_.end() || !at->second.channel.is_open()) return;
  const Listening message{endpoint_.host(), endpoint_.port(), is_move};
  auto sent = at->second.channel.send(encode(message), endpoint_.fds());
  if (!sent) lose_channel(id, sent.error().message);
}

void Keeper::handle_events() {
  while (!events_.empty() && !exit_code_) {
    const gen::Event event = std::move(events_.front());
    events_.pop_front();
    wake_at_.reset();
    for (const gen::Effect& effect : machine_.step(event, platform::now())) {
      std::visit([&](const auto& e) { apply(e); }, effect);
    }
  }
}

void Keeper::apply(const gen::Spawn& e) {
  if (auto spawned = try_spawn(e); !spawned) {
    world_.log.error(kSubsystem, "generation could not be started",
                     {{"generation", e.id.value}, {"error", spawned.error().message}});
    events_.emplace_back(gen::SpawnFailed{e.id, spawned.error().message});
  }
}

Status Keeper::try_spawn(const gen::Spawn& e) {
  auto ends = platform::PacketChannel::make_pair();
  if (!ends) return std::unexpected(std::move(ends).error());
  auto& [ours, theirs] = *ends;
  auto process = platform::ChildProcess::spawn(call_for(launch_, endpoint_, e.id, e.is_standby, theirs.fd()));
  if (!process) return std::unexpected(std::move(process).error());
  world_.log.debug(
      kSubsystem, "generation started",
      {{"generation", e.id.value}, {"pid", process->pid()}, {"role", e.is_standby ? "standby" : "only"}});
  children_.emplace(e.id.value, Child{*std::move(process), std::move(ours)});
  return {};
}

void Keeper::apply(const gen::TellTake& e) {
  forget_move();
  tell_listening(e.id, false);
  tell(e.id, Take{e.released_at.time_since_epoch().count()});
  pass_held(e.id);
}
void Keeper::apply(const gen::TellSuccessorReady& e) { tell(e.id, SuccessorReady{e.version, e.attempt}); }
void Keeper::apply(const gen::TellSuccessorFailed& e) {
  world_.log.warn(kSubsystem, "successor failed", {{"for", e.id.value}, {"reason", e.reason}});
  tell(e.id, SuccessorFailed{e.reason, e.attempt});
}
void Keeper::apply(const gen::TellResume& e) {
  world_.log.warn(kSubsystem, "hand-over failed; the old generation serves on",
                  {{"generation", e.id.value}, {"reason", e.reason}});
  forget_move();
  tell_listening(e.id, false);
  tell(e.id, Resume{e.reason});
  pass_held(e.id);
  held_.reset();  // It does not say that it serves.
  show_owner(e.id);
}
void Keeper::apply(const gen::TellRetire& e) { tell(e.id, Retire{}); }
void Keeper::apply(const gen::TellProbe& e) { tell(e.id, Probe{}); }
void Keeper::apply(const gen::TellStop& e) {
  held_.reset();  // Nobody serves any more.
  tell(e.id, Stop{});
}
void Keeper::apply(const gen::TellRestartSignal& e) { tell(e.id, RestartSignal{e.name}); }

void Keeper::apply(const gen::Kill& e) {
  const auto at = children_.find(e.id.value);
  if (at == children_.end()) return;
  world_.log.warn(kSubsystem, "generation killed",
                  {{"generation", e.id.value}, {"pid", at->second.process.pid()}});
  at->second.process.kill();
}

void Keeper::apply(const gen::ReportServing& e) {
  held_.reset();
  // The generation itself logs that it listens and is ready.
  world_.log.debug(kSubsystem, "generation serves", {{"generation", e.id.value}, {"version", e.version}});
  show_owner(e.id);
  if (std::exchange(has_served_, true)) {
    world_.notifier.send("STATUS=Serving, generation " + std::to_string(e.id.value));
    return;
  }
  platform::release_startup_code();
  world_.notifier.send("READY=1\nMAINPID=" + std::to_string(::getpid()) + "\nSTATUS=Serving");
}

void Keeper::apply(const gen::ReportCrash& e) {
  world_.log.error(kSubsystem, "generation " + std::to_string(e.id.value) + " " + e.how + "; replacing it",
                   {{"waitMs", e.wait.count()}});
  world_.notifier.send("STATUS=Replacing a generation that ended: " + e.how);
}

void Keeper::apply(const gen::ReportStatus& e) { world_.notifier.send("STATUS=" + e.text); }

void Keeper::apply(const gen::Exit& e) {
  exit_code_ = e.code;
  failure_ = e.message;
  if (stop_asked_at_ && e.message.empty()) {
    const auto took = platform::now() - *stop_asked_at_;
    world_.log.info("gateway/shutdown",
                    "shutdown completed cleanly in " + std::to_string(took.count()) + "ms");
  }
}

void Keeper::apply(const gen::WakeAt& e) { wake_at_ = e.when; }

void Keeper::tell(gen::Id id, const Message& message) {
  const auto at = children_.find(id.value);
  if (at == children_.end() || !at->second.channel.is_open()) return;
  if (auto sent = at->second.channel.send(encode(message)); !sent) lose_channel(id, sent.error().message);
}

void Keeper::pass_held(gen::Id id) {
  const auto at = children_.find(id.value);
  if (!held_ || at == children_.end() || !at->second.channel.is_open()) return;
  std::vector<int> descriptors;
  for (const platform::Fd& fd : held_->descriptors) descriptors.push_back(fd.get());
  auto sent = at->second.channel.send(held_->packet, descriptors);
  if (!sent) {
    world_.log.warn(kSubsystem, "clients in mid-handshake could not be handed over",
                    {{"generation", id.value}, {"error", sent.error().message}});
  }
}

void Keeper::show_owner(gen::Id id) {
  if (auto shown = world_.owner_record.show(id.value, iso8601(platform::wall_now())); !shown) {
    world_.log.warn(kSubsystem, "the command line of OpenClaw cannot restart this gateway",
                    {{"reason", shown.error().message}});
  }
}

void Keeper::lose_channel(gen::Id id, const std::string& why) {
  world_.log.debug(kSubsystem, "control channel lost", {{"generation", id.value}, {"why", why}});
  children_.at(id.value).channel.close();
  events_.emplace_back(gen::ChannelLost{id});
}

}  // namespace gw::keeper
