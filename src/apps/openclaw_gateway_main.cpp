// The program of one generation. Started by the keeper (`openclaw gateway run`), not by people.

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include "config/changes.hpp"
#include "config/config.hpp"
#include "config/device_identity.hpp"
#include "config/edit.hpp"
#include "config/last_good.hpp"
#include "config/paths.hpp"
#include "gateway/generation.hpp"
#include "logging/options.hpp"
#include "platform/clock.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/log_file.hpp"
#include "platform/private_file.hpp"
#include "platform/signals.hpp"
#include "protocol/keeper_messages.hpp"
#include "secrets/lookup.hpp"

namespace gw {
namespace {

constexpr int kControlFd = 3;
constexpr int kListenFd = 4;
constexpr int kExitConfig = 78;

struct Arguments {
  int generation = 1;
  int keeper_pid = 0;
  std::string host;  // Where it listens.
  int port = 0;
  int sockets = 1;         // How many are at kListenFd and after, without a keeper.
  int fixed_port = 0;      // A flag of the start wins over the file; 0: there was none.
  std::string fixed_bind;  // The same; empty: there was none.
  std::optional<config::AuthMode> auth;
  bool env_credentials =
      false;  // Those of the environment win over the file's: flags were given to the keeper.
  bool has_run_token = false;  // The environment's token is the keeper's, for this run alone.
  bool is_verbose = false;
  std::string installed;
};

int number_in(const char* text) {
  int number = 0;
  const std::string_view view(text);
  std::from_chars(view.data(), view.data() + view.size(), number);
  return number;
}

config::AuthMode auth_mode_in(std::string_view name) {
  if (name == "none") return config::AuthMode::None;
  return name == "password" ? config::AuthMode::Password : config::AuthMode::Token;
}

void read_address(std::string_view text, Arguments& arguments) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return;
  arguments.host = text.substr(0, colon);
  arguments.port = number_in(text.data() + colon + 1);
}

// What the keeper wrote; a newer keeper may say things that this program does not know.
Arguments read_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const bool has_value = i + 1 < argc;
    if (name == "--env-credentials") arguments.env_credentials = true;
    if (name == "--run-token") arguments.has_run_token = true;
    if (name == "--verbose") arguments.is_verbose = true;
    if (!has_value) continue;
    if (name == "--generation") arguments.generation = number_in(argv[++i]);
    if (name == "--keeper-pid") arguments.keeper_pid = number_in(argv[++i]);
    if (name == "--listening") read_address(argv[++i], arguments);
    if (name == "--sockets") arguments.sockets = number_in(argv[++i]);
    if (name == "--port") arguments.fixed_port = number_in(argv[++i]);
    if (name == "--bind") arguments.fixed_bind = argv[++i];
    if (name == "--installed") arguments.installed = argv[++i];
    if (name == "--auth") arguments.auth = auth_mode_in(argv[++i]);
  }
  return arguments;
}

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

Secret secret_from_environment(const char* name, Secret otherwise) {
  const auto value = from_environment(name);
  return value && !value->empty() ? Secret(*value) : std::move(otherwise);
}

int refuse(platform::PacketChannel& control, const std::string& reason, int exit_code) {
  std::fprintf(stderr, "openclaw-gateway: %s\n", reason.c_str());
  if (control.is_open()) (void)control.send(keeper::encode(keeper::Failed{reason, exit_code}));
  return exit_code;
}

// Without memory nothing can be composed any more: what is said then is made beforehand.
std::string& last_words() {
  static std::string message = keeper::encode(keeper::Failed{"out of memory", 1});
  return message;
}

[[noreturn]] void end_without_memory() {
  constexpr std::string_view kText = "openclaw-gateway: out of memory\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
  (void)::send(kControlFd, last_words().data(), last_words().size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::_exit(1);
}

std::string describe(const config::Paths& paths, const std::vector<config::Issue>& issues) {
  return "the configuration " + paths.config_file.string() + " is not valid:\n" + config::listed(issues);
}

void apply_flags(config::Config& config, const Arguments& arguments) {
  if (arguments.auth) config.auth_mode = *arguments.auth;
  if (arguments.fixed_port > 0) config.port = static_cast<std::uint16_t>(arguments.fixed_port);
  if (!arguments.fixed_bind.empty()) {
    config.bind = arguments.fixed_bind;
    config.bind_host = config::bind_host_of(config.bind, config.custom_bind_host);
  }
  if (arguments.env_credentials || config.token.empty()) {
    config.token = secret_from_environment("OPENCLAW_GATEWAY_TOKEN", config.token);
  }
  config.has_run_token =
      arguments.has_run_token && config.token.reveal() == from_environment("OPENCLAW_GATEWAY_TOKEN");
  if (arguments.env_credentials || config.password.empty()) {
    config.password = secret_from_environment("OPENCLAW_GATEWAY_PASSWORD", config.password);
  }
}

// A copy that cannot be written is missing when somebody wants it back; the gateway serves without.
void keep_as_good(const config::Config& config, const config::Paths& paths) {
  if (!config::is_worth_keeping(config)) return;
  if (platform::read_small_file(paths.last_good()) == config.raw) return;
  (void)platform::write_private_file(paths.last_good(), config.raw);
}

void warn_of_anomalies(const config::Config& config, const config::Paths& paths, Log& log) {
  const std::string last = platform::read_small_file(paths.last_good()).value_or("");
  for (const std::string& what : config::anomalies(config, last)) {
    log.warn("config", "the configuration looks damaged: " + what + "; the last good one is " +
                           paths.last_good().string());
  }
}

// With a keeper a stop is its decision: Ctrl-C in a terminal reaches the whole process group, and must not
// end the generation before the keeper says so. Without one, signals are all there is.
Result<std::unique_ptr<platform::Signals>> signals_for(const Arguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  if (arguments.keeper_pid == 0) return platform::catch_signals();
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  return std::unique_ptr<platform::Signals>();
}

int serve(const Arguments& arguments, platform::PacketChannel control,
          std::vector<platform::Fd> listen_sockets) {
  auto signals = signals_for(arguments);
  if (!signals) return refuse(control, signals.error().message, 1);
  auto paths = config::resolve_paths(from_environment, from_environment("OPENCLAW_PROFILE").value_or(""));
  if (!paths) return refuse(control, paths.error().message, kExitConfig);
  auto loaded = config::load(*paths, from_environment, {secrets::lookup(from_environment)});
  if (!loaded) return refuse(control, loaded.error().message, kExitConfig);
  if (!loaded->issues.empty()) return refuse(control, describe(*paths, loaded->issues), kExitConfig);
  config::Config& config = loaded->config;
  apply_flags(config, arguments);
  // A keeper can move to where the configuration says before this generation serves.
  const bool can_move = control.is_open() && config::may_listen_on(config, config.bind_host);
  if (auto may = config::may_listen_on(config, arguments.host); !may && !can_move) {
    return refuse(control, may.error().message, kExitConfig);
  }

  const auto load_again = [arguments, paths = *paths]() -> Result<config::Loaded> {
    auto again = config::load(paths, from_environment, {secrets::lookup(from_environment)});
    if (!again) return again;
    if (again->issues.empty()) keep_as_good(again->config, paths);
    apply_flags(again->config, arguments);
    return again;
  };

  auto identity = config::load_or_create_identity(paths->device_key(), platform::wall_now());
  if (!identity) return refuse(control, identity.error().message, 1);
  const auto owner = platform::read_lock(paths->lock_file());

  platform::LogFile log(logging::log_options(config, *paths, from_environment, arguments.is_verbose));
  warn_of_anomalies(config, *paths, log);
  const auto keep = [good = config, paths = *paths] { keep_as_good(good, paths); };
  const auto change_log = [&log, paths = *paths, verbose = arguments.is_verbose](const config::Config& now) {
    log.change(logging::log_options(now, paths, from_environment, verbose));
  };
  gateway::GenerationOptions options{.config = std::move(config),
                                     .paths = *std::move(paths),
                                     .identity = *std::move(identity),
                                     .number = arguments.generation,
                                     .keeper_pid = arguments.keeper_pid,
                                     .owner_id = owner ? owner->owner_id : "",
                                     .host = arguments.host,
                                     .port = static_cast<std::uint16_t>(arguments.port),
                                     .listen_sockets = std::move(listen_sockets),
                                     .control = std::move(control),
                                     .signals = *std::move(signals),
                                     .log_file = [&log] { return log.current_file(); },
                                     .set_logging = change_log,
                                     .installed = arguments.installed,
                                     .libexec = from_environment("OPENCLAW_LIBEXEC").value_or(""),
                                     .load_config = load_again,
                                     .on_serving = keep};
  return gateway::Generation(std::move(options), log).run();
}

}  // namespace
}  // namespace gw

int main(int argc, char** argv) {
  // Few threads and small blocks: one arena keeps an idle gateway small.
  ::mallopt(M_ARENA_MAX, 2);
  const gw::Arguments arguments = gw::read_arguments(argc, argv);
  gw::platform::PacketChannel control;
  if (arguments.keeper_pid > 0) {
    gw::platform::Fd fd(gw::kControlFd);
    (void)gw::platform::set_inheritable(gw::kControlFd, false);
    control = gw::platform::PacketChannel(std::move(fd));
    (void)gw::last_words();
    std::set_new_handler(gw::end_without_memory);
  }
  std::vector<gw::platform::Fd> listen_sockets;  // A keeper sends them when it is time.
  for (int i = 0; arguments.keeper_pid == 0 && i < arguments.sockets; ++i) {
    listen_sockets.emplace_back(gw::kListenFd + i);
    (void)gw::platform::set_inheritable(gw::kListenFd + i, false);
  }
  return gw::serve(arguments, std::move(control), std::move(listen_sockets));
}
