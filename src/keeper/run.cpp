#include "keeper/run.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <unistd.h>
#include <utility>

#include "base/uuid.hpp"
#include "base/version.hpp"
#include "keeper/keeper.hpp"
#include "keeper/launch.hpp"
#include "keeper/port_claim.hpp"
#include "logging/options.hpp"
#include "platform/clock.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/log_file.hpp"
#include "platform/owner_record.hpp"
#include "platform/private_file.hpp"
#include "platform/service_notifier.hpp"
#include "platform/signals.hpp"
#include "platform/stream_socket.hpp"
#include "secrets/lookup.hpp"

namespace gw::keeper {
namespace {

constexpr std::string_view kSubsystem = "gateway";

int refuse(const Refusal& refusal) {
  std::fprintf(stderr, "%s\n", refusal.text.c_str());
  return refusal.exit_code;
}

std::expected<platform::GatewayLock, Refusal> take_lock(const Request& request) {
  const auto& dir = request.paths.state_dir;
  if (auto made = platform::make_private_dir(dir); !made) {
    return std::unexpected(
        Refusal{1, "Gateway start failed: " + made.error().message +
                       ".\nMake it writable, or set OPENCLAW_STATE_DIR to another directory."});
  }
  auto lock = platform::GatewayLock::acquire(request.paths.lock_file());
  if (lock) return *std::move(lock);
  if (lock.error().code != Code::Conflict) {
    return std::unexpected(Refusal{1, "Gateway start failed: " + lock.error().message});
  }
  const auto owner = platform::read_lock(request.paths.lock_file());
  const std::string pid = owner ? std::to_string(owner->process.pid) : "unknown";
  std::string text = "gateway already running (pid " + pid + "); " + lock.error().message;
  if (owner) text += "\nStop it with: kill -TERM " + pid + "\nOr restart it with: openclaw gateway restart";
  // A service manager that got 0 or 1 would start us again and again.
  const bool is_service = request.environment("NOTIFY_SOCKET").has_value();
  return std::unexpected(Refusal{is_service ? kExitConfig : 0, std::move(text)});
}

std::expected<std::vector<platform::Listener>, Refusal> listen(const Settings& settings) {
  auto listeners = open_listeners(settings.bind_host, settings.port);
  if (listeners) return *std::move(listeners);
  const Error& error = listeners.error();
  if (error.code != Code::Conflict)
    return std::unexpected(Refusal{1, "Gateway start failed: " + error.message});
  std::string text = "another gateway instance is already listening on ws://" + settings.bind_host + ":" +
                     std::to_string(settings.port);
  if (const std::string holders = holders_of(settings.port); !holders.empty()) text += "\n" + holders;
  text += "\nStop it, or choose another port with --port.";
  return std::unexpected(Refusal{1, std::move(text)});
}

/// A token for this run alone; the file beside the lock lets the local command line use it.
class RunToken {
 public:
  explicit RunToken(std::filesystem::path file) : file_(std::move(file)) {}
  RunToken(const RunToken&) = delete;
  RunToken& operator=(const RunToken&) = delete;
  ~RunToken() {
    std::error_code error;
    if (!is_kept_) std::filesystem::remove(file_, error);
  }

  Result<Secret> make() const {
    // 244 random bits. The keeper never calls OpenSSL, which would take a third of its memory.
    Secret token(random_uuid() + random_uuid());
    if (auto written = platform::write_private_file(file_, token.reveal()); !written) {
      return std::unexpected(std::move(written).error());
    }
    return token;
  }
  void keep() { is_kept_ = true; }

 private:
  std::filesystem::path file_;
  bool is_kept_ = false;
};

Launch make_launch(const Request& request, const Settings& settings, std::uint16_t port) {
  Launch launch;
  launch.program = request.program;
  launch.libexec = request.environment("OPENCLAW_LIBEXEC").value_or("");
  // What only the file says is left to each generation, which follows the file while it runs.
  if (request.port) launch.arguments = {"--port", std::to_string(port)};
  if (request.bind) launch.arguments.insert(launch.arguments.end(), {"--bind", *request.bind});
  if (request.auth || settings.flags_have_credentials) {
    launch.arguments.insert(launch.arguments.end(), {"--auth", std::string(config::name_of(settings.auth))});
  }
  if (settings.flags_have_credentials) launch.arguments.emplace_back("--env-credentials");
  if (settings.needs_run_token) launch.arguments.emplace_back("--run-token");
  if (request.verbose) launch.arguments.emplace_back("--verbose");
  launch.environment = request.all_environment;
  // Only the keeper speaks for the service.
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
    drop_variable(launch.environment, name);
  if (const auto level = request.environment("OPENCLAW_LOG_LEVEL"))  // Also what --log-level says.
    set_variable(launch.environment, "OPENCLAW_LOG_LEVEL", *level);
  set_variable(launch.environment, "OPENCLAW_STATE_DIR", request.paths.state_dir.string());
  set_variable(launch.environment, "OPENCLAW_CONFIG_PATH", request.paths.config_file.string());
  if (!request.token.empty() || settings.needs_run_token)
    set_variable(launch.environment, "OPENCLAW_GATEWAY_TOKEN", settings.token.reveal());
  if (!request.password.empty()) {
    set_variable(launch.environment, "OPENCLAW_GATEWAY_PASSWORD", settings.password.reveal());
  }
  return launch;
}

config::Config with_logging(config::Config config, const Configured& configured) {
  config.log_level = configured.log_level;
  config.log_console_level = configured.log_console_level;
  config.log_console_style = configured.log_console_style.value_or(LogStyle::Pretty);
  config.log_file = configured.log_file;
  config.log_file_bytes_max = configured.log_file_bytes_max;
  return config;
}

platform::LockOwner lock_owner(const Request& request, std::uint16_t port) {
  return {.process = platform::own_identity(),
          .owner_id = random_uuid(),
          .port = port,
          .config_path = request.paths.config_file.string(),
          .state_dir = request.paths.state_dir.string(),
          .created_at = iso8601(platform::wall_now()),
          .version = std::string(kVersion)};
}

/// Half of what the service manager allows (sd_watchdog_enabled(3)); nothing when it does not watch this
/// process.
std::optional<Millis> watchdog_every(const config::Environment& environment) {
  const std::string pid = environment("WATCHDOG_PID").value_or("");
  const std::string text = environment("WATCHDOG_USEC").value_or("");
  std::int64_t limit_us = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), limit_us);
  if (read.ec != std::errc() || limit_us <= 0 || (!pid.empty() && pid != std::to_string(::getpid())))
    return std::nullopt;
  return std::max(Millis{1}, std::chrono::duration_cast<Millis>(std::chrono::microseconds(limit_us / 2)));
}

}  // namespace

int run_gateway(const Request& request) {
  // Only what decides how clients prove themselves; the rest is for the generations.
  auto loaded = config::load(request.paths, request.environment,
                             {secrets::lookup(request.environment), "gateway.auth"});
  if (!loaded) return refuse({kExitConfig, "Gateway start failed: " + loaded.error().message});
  auto settings = decide_settings(request, *loaded);
  if (!settings) return refuse(settings.error());
  if (request.claims_port && settings->port != 0) {
    if (auto claimed = claim_port(settings->port, request.paths.lock_file()); !claimed) {
      return refuse({1, "Gateway start failed: --force: " + claimed.error().message});
    }
  }
  auto lock = take_lock(request);
  if (!lock) return refuse(lock.error());
  auto listeners = listen(*settings);
  if (!listeners) return refuse(listeners.error());
  const std::uint16_t port = listeners->front().port;

  RunToken run_token(request.paths.state_dir / "run-token");
  if (settings->needs_run_token) {
    auto token = run_token.make();
    if (!token) return refuse({1, "Gateway start failed: " + token.error().message});
    settings->token = *std::move(token);
  }
  platform::LockOwner owner = lock_owner(request, port);
  if (auto published = lock->publish(owner); !published) {
    return refuse({1, "Gateway start failed: " + published.error().message});
  }
  Launch launch = make_launch(request, *settings, port);
  const auto tell_port = [&lock, owner](std::uint16_t moved_to) mutable {
    owner.port = moved_to;
    (void)lock->publish(owner);  // A file that we hold open and have written; readers try the old port else.
  };
  Endpoint endpoint({*std::move(listeners),
                     [&request](const ListenWish& wish) { return decide_bind_host(request, wish); },
                     tell_port});
  if (request.no_keeper) {
    lock->keep_for_next_program();
    run_token.keep();
    const auto call = call_for(launch, endpoint, generations::Id{1}, false, -1);
    return refuse({1, replace_this_process(call).message});
  }
  auto signals = platform::catch_signals();
  if (!signals) return refuse({1, signals.error().message});
  const auto log_options = [&request](const config::Config& config) {
    return logging::log_options(config, request.paths, request.environment, request.verbose);
  };
  platform::LogFile log(log_options(loaded->config));
  if (settings->needs_run_token) {
    log.info(
        kSubsystem,
        "no gateway token is configured; this run has a generated one, kept in run-token beside the lock");
  }
  Keeper keeper(
      {log, **signals, platform::ServiceNotifier(request.environment("NOTIFY_SOCKET").value_or("")),
       platform::OwnerRecord(platform::owner_record_file(request.paths.state_dir), std::move(owner)),
       watchdog_every(request.environment),
       [&](const Configured& configured) {
         log.change(log_options(with_logging(loaded->config, configured)));
       }},
      std::move(endpoint), std::move(launch), {.probation = loaded->config.probation});
  const int code = keeper.run();
  if (!keeper.failure().empty()) log.error(kSubsystem, "gateway startup failed: " + keeper.failure());
  return code;
}

}  // namespace gw::keeper
