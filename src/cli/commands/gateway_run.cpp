#include "base/text.hpp"
#include "cli/commands/all.hpp"
#include "cli/context.hpp"
#include "cli/values.hpp"
#include "platform/private_file.hpp"

namespace gw::cli {
namespace {

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

int run(Context& cli, const Args& args) {
  RunRequest request;
  request.paths = cli.paths;
  request.environment = cli.environment;
  for (const char* name : {"--force", "--dev", "--reset"}) {
    if (args.has(name)) return refuse(cli, std::string(name) + " is not supported in this release");
  }
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
  request.verbose = args.has("--verbose");
  request.no_keeper = args.has("--no-keeper");
  return cli.run_gateway(request);
}

std::vector<Option> options() {
  return {{"--port", "<n>", "Port to listen on; 0 lets the system choose"},
          {"--bind", "<mode>", "loopback, lan, auto or custom"},
          {"--auth", "<mode>", "none, token or password"},
          {"--token", "<token>", "Shared token for this run"},
          {"--password", "<password>", "Shared password for this run (visible in process listings)"},
          {"--password-file", "<path>", "Read the shared password from a file"},
          {"--allow-unconfigured", "", "Start without gateway.mode=local in the configuration"},
          {"--force", "", "Not supported in this release"},
          {"--dev", "", "Not supported in this release"},
          {"--reset", "", "Not supported in this release"},
          {"--verbose", "", "Log more"},
          {"--no-keeper", "", "Run one bare process, for debuggers; it cannot be restarted in place"}};
}

}  // namespace

Command gateway_run_command(std::string_view path) {
  return {.path = path, .summary = "Run the gateway in the foreground", .options = options(), .run = run};
}

}  // namespace gw::cli
