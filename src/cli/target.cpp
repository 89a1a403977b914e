#include "cli/target.hpp"

#include "base/text.hpp"
#include "cli/values.hpp"
#include "config/validate.hpp"
#include "platform/private_file.hpp"
#include "platform/surroundings.hpp"
#include "secrets/lookup.hpp"

namespace gw::cli {
namespace {

constexpr std::string_view kLoopback = "127.0.0.1";
constexpr std::uint16_t kHttpPort = 80;

std::string remote_url(const config::Config& config) {
  const json::Object* root = config.source.if_object();
  const json::Object* remote = root ? config::object_at_path(*root, "gateway.remote") : nullptr;
  std::string url(remote ? trimmed(json::text_or(*remote, "url")) : "");
  return url.find("${") == std::string::npos ? url : std::string();  // Not filled in: worth nothing.
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "[::1]";
}

bool is_private(std::string_view host) {
  if (host.starts_with("10.") || host.starts_with("192.168.") || host.starts_with("169.254.")) return true;
  if (!host.starts_with("172.")) return false;
  const auto second = parse_port(host.substr(4, host.find('.', 4) - 4), true);
  return second && *second >= 16 && *second <= 31;
}

std::expected<void, Failure> read_url(Target& target, Recipient recipient,
                                      const config::Environment& environment) {
  const auto bad = [&](const std::string& why) {
    return std::unexpected(cli_failure("gateway url " + target.url + " (" + target.source + ") " + why));
  };
  std::string_view rest = target.url;
  if (rest.starts_with("wss://")) return bad("needs TLS, which is not supported in this release");
  if (!rest.starts_with("ws://")) return bad("must start with ws://");
  rest.remove_prefix(5);
  const std::size_t slash = rest.find_first_of("/?");
  if (slash != std::string_view::npos) target.path = rest.substr(slash);
  if (target.path.starts_with('?')) target.path.insert(0, "/");
  std::string_view authority = rest.substr(0, slash);
  const std::size_t colon = authority.rfind(':');
  target.port = kHttpPort;
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const auto port = parse_port(authority.substr(colon + 1), false);
    if (!port) return bad("has no valid port");
    target.port = *port;
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) return bad("has no host");
  target.host = authority;
  const bool may_be_private = environment("OPENCLAW_ALLOW_INSECURE_PRIVATE_WS") == "1";
  const bool is_this_machine = recipient == Recipient::Local || is_loopback(target.host);
  if (!is_this_machine && !(may_be_private && is_private(target.host))) {
    return bad("is plain ws:// to a host that is not loopback; use an SSH tunnel");
  }
  return {};
}

/// Where the gateway of this machine listens: on loopback, too, unless it was given one address.
std::string local_url(const TargetInput& input, std::uint16_t port) {
  std::string host(kLoopback);
  if (input.config.bind == "custom" && input.config.bind_host != "0.0.0.0") host = input.config.bind_host;
  if (input.config.bind == "tailnet" && !input.tailnet_host.empty()) host = input.tailnet_host;
  return "ws://" + host + ":" + std::to_string(port);
}

std::uint16_t local_port(const TargetInput& input) {
  const bool is_told = !input.environment("OPENCLAW_GATEWAY_PORT").value_or("").empty();
  if (is_told || !input.running_port) return input.config.port;
  return *input.running_port;
}

/// Where to, and whom we meet there.
std::expected<Recipient, Failure> choose(const TargetInput& input, Target& target) {
  const std::string environment_url(trimmed(input.environment("OPENCLAW_GATEWAY_URL").value_or("")));
  if (input.url_flag) {
    target.url = *input.url_flag;
    target.source = "cli --url";
    return Recipient::Stranger;
  }
  if (input.port_flag) {
    const auto port = parse_port(*input.port_flag, false);
    if (!port) return std::unexpected(cli_failure("Invalid port"));
    target.url = local_url(input, *port);
    target.source = "cli --port";
    return Recipient::Local;
  }
  if (!environment_url.empty()) {
    target.url = environment_url;
    target.source = "env OPENCLAW_GATEWAY_URL";
    return Recipient::Environment;
  }
  const bool has_remote = !remote_url(input.config).empty();
  if (input.config.mode == "remote" && !has_remote && !input.is_probe) {
    return std::unexpected(cli_failure("gateway.mode is remote, but gateway.remote.url is not set"));
  }
  if (input.config.mode == "remote" && has_remote) {
    target.url = remote_url(input.config);
    target.source = "config gateway.remote.url";
    return Recipient::Remote;
  }
  target.url = local_url(input, local_port(input));
  target.source = "local loopback";
  return Recipient::Local;
}

}  // namespace

std::expected<Target, Failure> resolve_target(const TargetInput& input) {
  if (input.url_flag && input.port_flag) {
    return std::unexpected(cli_failure("Use either --url or --port, not both."));
  }
  Target target;
  const auto recipient = choose(input, target);
  if (!recipient) return std::unexpected(recipient.error());
  const bool has_flags = !input.token_flag.empty() || !input.password_flag.empty();
  if (*recipient == Recipient::Stranger && !has_flags && !input.is_probe) {
    return std::unexpected(cli_failure("gateway url override requires explicit credentials",
                                       "pass --token or --password with --url"));
  }
  auto credentials = credentials_for(*recipient, input);
  if (credentials) {
    target.token = std::move(credentials->token);
    target.password = std::move(credentials->password);
    target.credential_source = std::move(credentials->source);
  } else if (input.is_probe) {
    target.auth_warning = std::move(credentials.error().message);
  } else {
    return std::unexpected(std::move(credentials).error());
  }
  if (auto good = read_url(target, *recipient, input.environment); !good)
    return std::unexpected(std::move(good).error());
  return target;
}

TargetInput target_input(const Context& cli, const Args& args) {
  TargetInput input;
  input.url_flag = args.text("--url");
  input.port_flag = args.text("--port");
  input.token_flag = Secret(args.text("--token").value_or(""));
  input.password_flag = Secret(args.text("--password").value_or(""));
  input.environment = cli.environment;
  input.look_up = secrets::lookup(cli.environment);
  input.tailnet_host = platform::tailnet_address();
  if (auto loaded = config::load(cli.paths, cli.environment)) {
    input.config = std::move(loaded->config);
  } else {
    cli.out.note("warning: " + loaded.error().message);
  }
  if (const auto owner = platform::live_lock_owner(cli.paths.lock_file())) {
    input.running_port = owner->port;
    const auto token = platform::read_small_file(cli.paths.state_dir / "run-token");
    input.run_token = Secret(std::string(trimmed(token.value_or(""))));
  }
  return input;
}

void tell_target(const Context& cli, const Args& args, const Target& target) {
  if (!args.has("--verbose")) return;
  const std::string& from = target.credential_source;
  cli.out.note("gateway " + target.url + " (" + target.source + "), " +
               (from.empty() ? "without a shared secret" : "credential from " + from));
}

std::expected<Target, Failure> target_of(const Context& cli, const Args& args) {
  auto target = resolve_target(target_input(cli, args));
  if (target) tell_target(cli, args, *target);
  return target;
}

std::vector<Option> connection_options(std::vector<Option> own) {
  own.insert(own.end(), {{"--url", "<url>", "Gateway to talk to; needs --token or --password"},
                         {"--port", "<n>", "Talk to ws://127.0.0.1:<n>"},
                         {"--token", "<token>", "Shared token"},
                         {"--password", "<password>", "Shared password"},
                         {"--timeout", "<ms>", "Give up after this many milliseconds (10000)"},
                         {"--verbose", "", "Say on stderr which gateway and whose credential"},
                         {"--json", "", "Print one JSON document"}});
  return own;
}

std::expected<std::optional<std::int64_t>, Failure> count_of(const Args& args, std::string_view option,
                                                             std::int64_t max) {
  const auto text = args.text(option);
  if (!text) return std::nullopt;
  const auto count = parse_count(*text, max);
  if (count) return *count;
  return std::unexpected(cli_failure("Invalid " + std::string(option) + ". Give a number from 1 to " +
                                     std::to_string(max) + ", not \"" + *text + "\"."));
}

std::expected<Millis, Failure> timeout_of(const Args& args, Millis otherwise) {
  const auto text = args.text("--timeout");
  if (!text) return otherwise;
  const auto timeout = parse_timeout_ms(*text);
  if (!timeout) {
    return std::unexpected(
        cli_failure("Invalid --timeout. Give a positive number of milliseconds, not \"" + *text + "\"."));
  }
  return *timeout;
}

}  // namespace gw::cli
