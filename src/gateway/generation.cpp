#include "gateway/generation.hpp"

#include <csignal>
#include <random>
#include <unistd.h>
#include <utility>

#include "base/limits.hpp"
#include "base/uuid.hpp"
#include "base/version.hpp"
#include "crypto/base64.hpp"
#include "engine/crash_guard.hpp"
#include "engine/restart_driver.hpp"
#include "engine/work_engine.hpp"
#include "gateway/change_watch.hpp"
#include "gateway/config_loader.hpp"
#include "gateway/config_reloader.hpp"
#include "gateway/entrance.hpp"
#include "gateway/handed_handshakes.hpp"
#include "gateway/hello.hpp"
#include "gateway/keeper_link.hpp"
#include "net/event_loop.hpp"
#include "net/listener.hpp"
#include "platform/clock.hpp"
#include "platform/log_tail.hpp"
#include "platform/owner_record.hpp"
#include "platform/restart_intent.hpp"
#include "provider/router.hpp"
#include "rpc/authenticator.hpp"
#include "rpc/device_registry.hpp"
#include "rpc/http_endpoints.hpp"
#include "rpc/methods/services.hpp"
#include "rpc/server.hpp"
#include "store/sqlite_store.hpp"

namespace gw::gateway {
namespace {

constexpr Millis kPruneInterval{3'600'000};
constexpr Millis kQueueRetry{1'000};  // Between two tries to take the queue over on a full disk.
constexpr Millis kDelayNoticed{200};  // Clients notice a gateway that answers so late.
constexpr int kExitFailed = 1;

std::function<double()> seeded_dice() {
  return [engine = std::mt19937_64(std::random_device{}())]() mutable {
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
  };
}

rpc::GatewaySelf self_of_host() {
  char host[256] = "localhost";
  (void)::gethostname(host, sizeof host - 1);
  return {host, "127.0.0.1", std::string(kVersion), "linux", "Linux", ""};
}

rpc::GatewayFacts facts_of(const GenerationOptions& options, Instant started_at) {
  return {.boot_id = random_uuid(),
          .device_id = options.identity.device_id,
          .public_key = crypto::base64url(options.identity.key.public_key),
          .owner_id = options.owner_id,
          .generation_owner_id = platform::generation_owner_id(options.owner_id, options.number),
          .generation = options.number,
          .host = options.host,
          .port = options.port,
          .started_at = started_at};
}

std::optional<engine::RestartRequest> take_signal_intent(const config::Paths& paths, int keeper_pid) {
  const auto file = platform::restart_intent_file(paths.state_dir);
  const auto intent = platform::take_restart_intent(file, keeper_pid, platform::wall_now());
  if (!intent) return std::nullopt;
  engine::RestartRequest request;
  request.mode = intent->is_forced ? restart::Mode::Force
                 : intent->wait    ? restart::Mode::Wait
                                   : restart::Mode::Plain;
  request.wait = intent->wait.value_or(Millis{0});
  return request;
}

engine::WorkLimits work_limits(const config::Config& config) {
  return {.concurrent_runs = config.concurrent_runs, .run = {.timeout = config.run_timeout}};
}

restart::CrashLoopLimits crash_limits(const config::Config& config) {
  return {.starts = config.crash_loop_starts};
}

restart::Limits restart_limits(const config::Config& config) {
  return {.open_phase = config.open_phase, .deferral = config.deferral_limit};
}

Result<json::Object> tail_json(const std::filesystem::path& file, const rpc::LogTail& query) {
  const auto cursor = query.cursor < 0 ? std::nullopt : std::optional(query.cursor);
  auto tail = platform::tail(file, cursor, static_cast<std::size_t>(query.limit),
                             static_cast<std::size_t>(query.bytes_max));
  if (!tail) return std::unexpected(std::move(tail).error());
  json::Object answer{{"file", tail->file}, {"cursor", tail->cursor}, {"size", tail->size}};
  answer["lines"] = json::Array(tail->lines.begin(), tail->lines.end());
  answer["truncated"] = tail->truncated;
  answer["reset"] = tail->reset;
  if (tail->skipped_bytes > 0) answer["skippedBytes"] = tail->skipped_bytes;
  return answer;
}

}  // namespace

// Members stand in the order in which they are built; each may use those above it.
struct Generation::Impl final : engine::Service {
  Impl(GenerationOptions given, Log& to_log);

  int run();
  KeeperLink::Handlers keeper_handlers();
  void log_ignored_keys();
  void watch_signals();
  void take(const keeper::Take& message);
  void serve(std::optional<Instant> released_at);
  void take_queue(std::optional<Instant> released_at);
  void retry_queue_later();
  void accept(std::optional<Instant> released_at);
  void accept_here(std::optional<Instant> released_at);
  void receive_handshakes(std::vector<platform::Fd> descriptors);
  void fail_to_serve(const Error& error);
  void announce_restart();
  void tick_later();
  void prune_later();
  void prune();
  void apply(config::Config config);

  void stop_serving(bool is_restart, Callback<> done) override;
  void serve_again() override { serve(std::nullopt); }
  void exit(int code) override;

  HttpResponse answer_http(const HttpRequest& request);
  void after_hello(const rpc::Client& client);
  void presence_changed();

  GenerationOptions options;
  rpc::StabilityRing stability{[] { return platform::wall_now(); }};
  rpc::StabilityLog log;
  EventLoop loop;
  rpc::GatewayFacts facts;
  SqliteStore store;
  ProviderRouter models;
  rpc::EventHub hub;
  rpc::RunEvents runs;
  KeeperLink keeper;
  engine::WorkEngine work;
  engine::CrashGuard crash_guard;
  engine::RestartDriver restart;
  rpc::Presence presence;
  rpc::DeviceRegistry devices;
  rpc::Authenticator authenticator;
  rpc::WriteLimiter write_limiter;
  rpc::HealthSnapshot health;
  rpc::Services services;
  rpc::MethodTable methods;
  rpc::Server server;
  Listener listener;
  Entrance entrance;
  HandedHandshakes handshakes;
  ConfigLoader config_loader;
  ConfigReloader reloader;
  ChangeWatch changes;
  std::unique_ptr<Watch> signal_watch;
  std::unique_ptr<Timer> tick_timer;
  std::unique_ptr<Timer> prune_timer;
  std::unique_ptr<Timer> queue_timer;  // While the queue could not be taken over.
  std::unique_ptr<Timer> exit_timer;
  Millis start_up{0};  // From Take to accepting: what a restart costs clients, until one is on record.
  Instant taken_at{};
  bool is_draining = false;
  bool has_connections_to_close = false;
  bool is_exit_wanted = false;
  int exit_code = 0;
};

Generation::Impl::Impl(GenerationOptions given, Log& to_log)
    : options(std::move(given)),
      log(to_log, stability),
      facts(facts_of(options, loop.now())),
      store(options.paths.database(), loop, log),
      models(options.config, loop, log),
      hub(log),
      runs(loop, hub),
      keeper(std::move(options.control), options.keeper_pid > 0 ? options.keeper_pid : ::getpid(), loop, log,
             keeper_handlers()),
      work({loop, log, store, models, runs, seeded_dice(),
            "gen-" + std::to_string(options.number) + "-" + facts.boot_id},
           work_limits(options.config), [this] { restart.on_work_changed(); }),
      crash_guard(loop, log, work, store, crash_limits(options.config)),
      restart({loop, log, work, store, keeper, *this, options.config.allow_restart,
               [this] { announce_restart(); }, [this](const SessionNote& note) { runs.on_note(note); },
               [this] { return take_signal_intent(options.paths, options.keeper_pid); }},
              restart_limits(options.config)),
      presence(self_of_host()),
      devices(store),
      authenticator(options.config, facts, devices, loop, log),
      health(options.config, options.paths.database().string(), loop, store, hub),
      services{
          loop,           log,
          options.config, options.paths,
          facts,          store,
          store,          store,
          models,         work,
          restart,        crash_guard,
          keeper,         hub,
          runs,           presence,
          write_limiter,  health,
          stability,      [this](const rpc::LogTail& query) { return tail_json(options.log_file(), query); }},
      server({loop, log, authenticator, methods, hub, presence, write_limiter,
              [this](const HttpRequest& request) { return answer_http(request); },
              [this](const rpc::Client& client) { return hello_json(services, methods, client); },
              [this](const rpc::Client& client) { after_hello(client); },
              [this](const rpc::Client& client) {
                if (presence.disconnected(client, loop.wall_now())) presence_changed();
              }}),
      listener(loop, server, log),
      entrance(
          {keeper, listener, log, options.config, facts,
           [this](std::optional<config::Issue> problem) { reloader.settle_listener(std::move(problem)); },
           [this](const Error& error) { fail_to_serve(error); }},
          std::move(options.listen_sockets)),
      handshakes(keeper, listener, log),
      config_loader(loop, options.load_config),
      reloader({loop, log, restart, options.config,
                [this](Callback<Result<config::Loaded>> done) { config_loader.load(std::move(done)); },
                [this](config::Config now) { apply(std::move(now)); },
                [this](rpc::ConfigReloadState state) { health.config_changed(std::move(state)); }}),
      changes({loop, log, restart, reloader, options.installed, options.libexec}) {
  rpc::add_agent_methods(methods, services);
  rpc::add_chat_methods(methods, services);
  rpc::add_config_methods(methods, services);
  rpc::add_restart_methods(methods, services);
  rpc::add_session_methods(methods, services);
  rpc::add_stability_methods(methods, services);
  rpc::add_status_methods(methods, services);
  rpc::add_task_methods(methods, services);
  rpc::add_usage_methods(methods, services);
  keeper.set_events(restart);
}

KeeperLink::Handlers Generation::Impl::keeper_handlers() {
  KeeperLink::Handlers on;
  on.on_take = [this](const keeper::Take& message) { take(message); };
  on.on_handshakes = [this](std::vector<platform::Fd> sockets) { receive_handshakes(std::move(sockets)); };
  on.on_reload = [this] {
    if (entrance.is_open()) reloader.look(ConfigReloader::Cause::Asked);
  };
  on.on_listening = [this](const keeper::Listening& message, std::vector<platform::Fd> sockets) {
    entrance.on_listening(message, std::move(sockets));
  };
  on.on_adopted = [this](const keeper::Adopted& message) { entrance.on_adopted(message); };
  on.on_lost = [this] {
    log.error("gateway", "the keeper is gone; stopping");
    restart.on_stop();
  };
  return on;
}

int Generation::Impl::run() {
  if (auto checked = store.check(); !checked) {
    log.error("gateway", "gateway startup failed: " + checked.error().message);
    keeper.send(keeper::Failed{checked.error().message, kExitFailed});
    return kExitFailed;
  }
  keeper.send(keeper::Ready{facts.boot_id, std::string(kVersion)});
  log_ignored_keys();
  watch_signals();
  keeper.start();
  loop.run();
  return exit_code;
}

// Once for each generation: keys of OpenClaw that this release does not act on.
void Generation::Impl::log_ignored_keys() {
  std::string keys;
  for (const std::string& key : options.config.ignored) keys += (keys.empty() ? "" : ", ") + key;
  if (!keys.empty()) log.warn("config", "ignored keys that this release does not act on: " + keys);
}

void Generation::Impl::watch_signals() {
  if (!options.signals) return;
  signal_watch = loop.watch_readable(options.signals->fd(), [this] {
    while (const auto signal = options.signals->next()) {
      if (*signal == SIGTERM || *signal == SIGINT) restart.on_stop();
      if (*signal == SIGHUP) reloader.look(ConfigReloader::Cause::Asked);
    }
  });
}

void Generation::Impl::take(const keeper::Take& message) {
  taken_at = loop.now();
  std::optional<Instant> released_at;
  if (message.released_at_ms > 0) released_at = Instant{Millis{message.released_at_ms}};
  serve(released_at);
}

// Open the writer, read who is paired, take the queue over; only then accept.
void Generation::Impl::serve(std::optional<Instant> released_at) {
  is_draining = false;
  store.open_writer([this, released_at](Result<void> opened) {
    if (!opened) return fail_to_serve(opened.error());
    crash_guard.begin({facts.boot_id, options.number, std::string(kVersion), loop.wall_now()});
    if (devices.is_loaded()) return take_queue(released_at);
    devices.load([this, released_at](Result<void> loaded) {
      if (!loaded) return fail_to_serve(loaded.error());
      take_queue(released_at);
    });
  });
}

// On a full disk the queue cannot be taken over. Whoever looks after the machine must then still be answered:
// it serves without the queue, refuses new work, and tries again.
void Generation::Impl::take_queue(std::optional<Instant> released_at) {
  work.start([this, released_at](Result<void> started) {
    if (!started && started.error().code != Code::Storage) return fail_to_serve(started.error());
    if (!started) {
      log.error("gateway", "serving without the queue until the database can be written",
                {{"error", started.error().message}});
      retry_queue_later();
    }
    accept(released_at);
  });
}

void Generation::Impl::retry_queue_later() {
  queue_timer = loop.after(kQueueRetry, [this] {
    work.start([this](Result<void> started) {
      if (is_draining) return;
      if (!started) return retry_queue_later();
      log.info("gateway", "the queue is taken over");
    });
  });
}

void Generation::Impl::accept(std::optional<Instant> released_at) {
  if (is_draining) return;  // A stop came meanwhile.
  entrance.make_safe([this, released_at] { accept_here(released_at); });
}

void Generation::Impl::accept_here(std::optional<Instant> released_at) {
  if (is_draining) return;
  if (auto opened = entrance.open(); !opened) return fail_to_serve(opened.error());
  keeper.send(keeper::Serving{});
  start_up = std::chrono::duration_cast<Millis>(loop.now() - taken_at);
  handshakes.adopt();
  restart.begin_serving(released_at);
  health.start([this] { return presence.version(); });
  entrance.log_address();
  log.info("gateway", "agent model: " + work.default_model());
  log.info("gateway", "ready");
  stability.record("generation.started", {{"generation", options.number}, {"startUpMs", start_up.count()}});
  tick_later();
  prune();
  if (options.on_serving) options.on_serving();
  // What it read when it began may be old by now: the one before it followed the file in the meantime.
  if (options.keeper_pid > 0) return changes.start([this] { entrance.announce(); });
  entrance.announce();
}

void Generation::Impl::receive_handshakes(std::vector<platform::Fd> descriptors) {
  handshakes.receive(std::move(descriptors));
  if (entrance.is_open()) handshakes.adopt();
}

void Generation::Impl::fail_to_serve(const Error& error) {
  if (is_draining) return;  // A stop closed the database under it.
  log.error("gateway", "gateway startup failed: " + error.message);
  keeper.send(keeper::Failed{error.message, kExitFailed});
  exit(kExitFailed);
}

// Clients without a hello go on in the successor and notice nothing.
// Everything acknowledged is answered before the sockets close: the writer is closed first.
void Generation::Impl::stop_serving(bool is_restart, Callback<> done) {
  entrance.close();
  is_draining = true;
  tick_timer.reset();
  prune_timer.reset();
  queue_timer.reset();
  runs.clear();
  crash_guard.end(is_restart ? "handed-over" : "stopped");
  // A device that is being paired at this moment is paired, or asks the successor again.
  if (is_restart) handshakes.hand_over();
  store.close_writer([this, is_restart, done = std::move(done)](Result<void> closed) mutable {
    if (!closed) log.error("gateway", "could not close the database", {{"error", closed.error().message}});
    json::Object payload{{"reason", is_restart ? "gateway restarting" : "gateway stopping"}};
    payload["restartExpectedMs"] =
        is_restart ? json::Value(restart.last_gap().value_or(start_up).count()) : json::Value(nullptr);
    hub.broadcast("shutdown", rpc::EventPayload::same(payload), {});
    has_connections_to_close = true;
    listener.close_all(1012, "service restart", [this] {
      has_connections_to_close = false;
      if (is_exit_wanted) loop.stop();
    });
    done();
    changes
        .stop();  // The kernel takes milliseconds to end a watch, and the successor waits for nothing here.
  });
}

void Generation::Impl::exit(int code) {
  exit_code = code;
  is_exit_wanted = true;
  if (!has_connections_to_close) return loop.stop();
  exit_timer = loop.after(limits::kCloseGrace * 2, [this] { loop.stop(); });
}

void Generation::Impl::announce_restart() {
  const engine::RestartStatus status = restart.status();
  json::Object payload{{"phase", restart::name_of(status.phase)}, {"ts", loop.wall_now().value}};
  if (status.current) {
    payload["id"] = status.current->id;
    payload["reason"] = status.current->reason;
    payload["mode"] = status.current->mode;
  } else if (!status.recent.empty()) {
    payload["id"] = status.recent.front().id;
    payload["outcome"] = status.recent.front().outcome;
    if (!status.recent.front().failure.empty()) payload["failure"] = status.recent.front().failure;
  }
  json::Object event{{"phase", restart::name_of(status.phase)}};
  for (const char* key : {"mode", "outcome"}) {
    if (const json::Value* value = payload.if_contains(key)) event[key] = *value;
  }
  stability.record("restart.phase", std::move(event));
  hub.broadcast("gateway.restart", rpc::EventPayload::same(payload),
                {.scope = rpc::Scope::Read, .is_droppable = true});
}

void Generation::Impl::tick_later() {
  tick_timer = loop.after(limits::kTickInterval, [this, due = loop.now() + limits::kTickInterval] {
    const auto late = std::chrono::duration_cast<Millis>(loop.now() - due);
    if (late >= kDelayNoticed) stability.record("event-loop.delayed", {{"delayMs", late.count()}});
    const json::Object payload{{"ts", loop.wall_now().value}};
    if (hub.size() > 0) hub.broadcast("tick", rpc::EventPayload::same(payload), {});
    tick_later();
  });
}

void Generation::Impl::prune_later() {
  prune_timer = loop.after(kPruneInterval, [this] { prune(); });
}

void Generation::Impl::prune() {
  const UnixMillis before{loop.wall_now().value - limits::kJobRetentionMs};
  store.prune(before, [this](Result<bool> has_more) {
    if (!entrance.is_open()) return;
    if (!has_more) log.warn("gateway", "could not remove old jobs", {{"error", has_more.error().message}});
    if (has_more && *has_more) return prune();
    prune_later();
  });
}

// In one turn of the loop, and nothing in here can fail: nobody sees a half of it. Everyone who does not
// stand here looks into `options.config` when it is needed.
void Generation::Impl::apply(config::Config config) {
  options.config = std::move(config);
  options.set_logging(options.config);
  models.apply(options.config);
  work.reconfigure(work_limits(options.config));
  crash_guard.reconfigure(crash_limits(options.config));
  restart.reconfigure(options.config.allow_restart, restart_limits(options.config));
  entrance.announce();
}

HttpResponse Generation::Impl::answer_http(const HttpRequest& request) {
  rpc::Health state;
  state.phase = is_draining          ? rpc::Phase::Draining
                : entrance.is_open() ? rpc::Phase::Started
                                     : rpc::Phase::Starting;
  state.is_ready = entrance.is_open();
  if (is_draining) state.failing.push_back("gateway-draining");
  state.uptime = std::chrono::duration_cast<Millis>(loop.now() - facts.started_at);
  state.version = kVersion;
  return rpc::answer(request, state, options.config, authenticator);
}

void Generation::Impl::after_hello(const rpc::Client& client) {
  health.send_to(client.conn_id, presence.version());
  if (rpc::Presence::is_tracked(client)) presence_changed();
}

void Generation::Impl::presence_changed() {
  const json::Object payload{{"presence", presence.list(loop.wall_now())}};
  hub.broadcast("presence", rpc::EventPayload::same(payload),
                {.scope = rpc::Scope::Read,
                 .is_droppable = true,
                 .version = frames::StateVersion{presence.version(), health.version()}});
}

Generation::Generation(GenerationOptions options, Log& log)
    : impl_(std::make_unique<Impl>(std::move(options), log)) {}

Generation::~Generation() = default;

int Generation::run() { return impl_->run(); }

}  // namespace gw::gateway
