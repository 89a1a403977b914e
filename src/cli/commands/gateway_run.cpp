#include <array>

#include "base/text.hpp"
#include "cli/commands/all.hpp"
#include "cli/commands/gateway_run_dev.hpp"
#include "cli/service_access.hpp"
#include "cli/values.hpp"
#include "platform/gateway_lock.hpp"
#include "platform/private_file.hpp"

namespace gw::cli {
namespace {

/// One of OpenClaw's options that this release knows by name only, so that whoever gives it is told why.
struct Unsupported {
  Option option;
  std::string_view why;
};

constexpr std::string_view kNoFrames = "the frames of clients are not logged";
constexpr std::string_view kNoStream = "what model servers stream is not recorded";
constexpr std::string_view kNoBackends = "agents are not run by other command lines";

constexpr auto kUnsupported = std::to_array<Unsupported>(
    {{{"--tailscale", "<mode>", "Only off is supported in this release"},
      "it does not drive Tailscale; start the gateway on loopback and run `tailscale serve` yourself"},
     {{"--tailscale-reset-on-exit", "", "Not supported in this release"}, "it does not drive Tailscale"},
     {{"--ws-log", "<style>", "Not supported in this release"}, kNoFrames},
     {{"--compact", "", "Not supported in this release"}, kNoFrames},
     {{"--cli-backend-logs", "", "Not supported in this release"}, kNoBackends},
     {{"--claude-cli-logs", "", "Not supported in this release"}, kNoBackends},
     {{"--raw-stream", "", "Not supported in this release"}, kNoStream},
     {{"--raw-stream-path", "<path>", "Not supported in this release"}, kNoStream}});

int refuse(Context& cli, std::string text) { return cli.out.problem(cli_failure(std::move(text))); }

Result<Secret> password_of(Context& cli, const Args& args) {
  const auto inline_password = args.text("--password");
  const auto file = args.text("--password-file");
  if (inline_password && file) {
    return fail(Code::InvalidRequest, "Use either --password or --password-file, not both.");
  }
  if (inline_password) {
    cli.out.note(
        "warning: --password is visible in process listings; use --password-file or "
        "OPENCLAW_GATEWAY_PASSWORD");
    return Secret(*inline_password);
  }
  if (!file) return Secret();
  const auto text = platform::read_small_file(*file);
  if (!text) return fail(Code::Unavailable, "cannot read the password file " + *file);
  Secret password{std::string(trimmed(*text))};
  if (password.empty()) return fail(Code::InvalidRequest, "the password file " + *file + " is empty");
  return password;
}

/// Why `--force` must not end the gateway of this state directory.
std::optional<Failure> refused_force(const Context& cli, const Args& args) {
  const auto owner = args.has("--force") ? platform::live_lock_owner(cli.paths.lock_file()) : std::nullopt;
  if (!owner) return std::nullopt;
  if (!cli.is_terminal) {
    // An agent that runs in the gateway must not end it by accident.
    return cli_failure("without a terminal --force does not end the gateway of this state directory",
                       "openclaw gateway stop --force");
  }
  const auto unit = platform::service_unit_of(owner->process);
  if (!unit) return std::nullopt;
  return cli_failure(
      "the gateway of this state directory runs " + service_words(*unit) + ", which would start it again",
      systemctl_command(*unit, "stop"));
}

int run(Context& cli, const Args& args) {
  RunRequest request;
  request.paths = cli.paths;
  request.environment = cli.environment;
  for (const auto& [option, why] : kUnsupported) {
    const bool is_off = option.name == "--tailscale" && args.text("--tailscale") == "off";
    if (args.has(option.name) && !is_off) {
      return refuse(cli, std::string(option.name) + " is not supported in this release: " + std::string(why));
    }
  }
  if (const auto refused = refused_force(cli, args)) return cli.out.problem(*refused);
  if (const auto text = args.text("--port")) {
    request.port = parse_port(*text, /*is_zero_good=*/true);
    if (!request.port) return refuse(cli, "Invalid port");
  }
  request.bind = args.text("--bind");
  if (request.bind && !is_one_of(*request.bind, {"loopback", "lan", "tailnet", "auto", "custom"})) {
    return refuse(cli, "Invalid --bind (use \"loopback\", \"lan\", \"tailnet\", \"auto\", or \"custom\")");
  }
  if (const auto mode = args.text("--auth")) {
    if (*mode == "none") request.auth = config::AuthMode::None;
    if (*mode == "token") request.auth = config::AuthMode::Token;
    if (*mode == "password") request.auth = config::AuthMode::Password;
    if (*mode == "trusted-proxy") return refuse(cli, "--auth trusted-proxy is not supported in this release");
    if (!request.auth) return refuse(cli, "Invalid --auth (use \"none\", \"token\", or \"password\")");
  }
  auto password = password_of(cli, args);
  if (!password) return refuse(cli, password.error().message);
  request.password = *std::move(password);
  request.token = Secret(args.text("--token").value_or(""));
  request.allow_unconfigured = args.has("--allow-unconfigured");
  request.claims_port = args.has("--force");
  request.verbose = args.has("--verbose");
  request.no_keeper = args.has("--no-keeper");
  if (const auto ready = prepare_dev(cli, args); !ready) return cli.out.problem(ready.error());
  return cli.run_gateway(request);
}

std::vector<Option> options() {
  std::vector<Option> all{
      {"--port", "<n>", "Port to listen on; 0 lets the system choose"},
      {"--bind", "<mode>", "loopback, lan, tailnet, auto or custom"},
      {"--auth", "<mode>", "none, token or password"},
      {"--token", "<token>", "Shared token for this run"},
      {"--password", "<password>", "Shared password for this run (visible in process listings)"},
      {"--password-file", "<path>", "Read the shared password from a file"},
      {"--allow-unconfigured", "", "Start without gateway.mode=local in the configuration"},
      {"--force", "", "End whoever listens on the port first"},
      {"--dev", "", "Make a configuration to develop with where there is none"},
      {"--reset", "", "With --dev: move configuration, credentials and sessions away first"},
      {"--verbose", "", "Log more"},
      {"--no-keeper", "", "Run one bare process, for debuggers; it cannot be restarted in place"}};
  for (const Unsupported& one : kUnsupported) all.push_back(one.option);
  return all;
}

}  // namespace

Command gateway_run_command() {
  return {.path = "gateway run",
          .summary = "Run the gateway in the foreground",
          .details = R"(
            A small process, the keeper, owns the port and starts generations of the gateway
            (docs/architecture.md). The port is that of `--port`, else `OPENCLAW_GATEWAY_PORT`, `gateway.port`,
            18789. Bind modes: `loopback`, `lan` (0.0.0.0), `auto` (loopback) and `custom`
            (`gateway.customBindHost`).

            Token mode without a token: a random one is made for this run and kept in `run-token` in the state
            directory (mode 0600) until the stop, so that the local command line works.

            Signals:

            - TERM and INT stop it, also during a restart; a second one ends it at once
            - USR1 and USR2 ask for a safe restart, unless `commands.restart` is false
            - HUP is logged and ignored: a changed configuration is noticed without it

            Exit codes:

            - 0: stopped on request; or another gateway holds the lock (78 under a service manager)
            - 1: a bad option, a port that is taken, a state directory that cannot be written, a first start that
              failed
            - 78: the configuration refuses: invalid, missing, wrong mode, policy of authentication or bind

            `--force` asks the gateway of this state directory to stop and waits for it; others on the port get
            SIGTERM and, 700 ms later, SIGKILL. Without a terminal it does not end the gateway of this state
            directory: an agent inside could do so by accident.

            `--dev`, and the profile `dev` without it, writes a configuration where there is none: mode `local`,
            bind `loopback`, one agent `dev`. With `--reset` what is there is moved to `trash` in the state
            directory first, never while a gateway runs. The port is the usual one; `openclaw --dev` is 19001.

            A service manager that sets `NOTIFY_SOCKET` is told `READY=1`, `STATUS=` and `STOPPING=1`.)",
          .options = options(),
          .examples = {"openclaw gateway run --port 18789", "openclaw gateway"},
          .run = run};
}

}  // namespace gw::cli
