#include "cli/commands/all.hpp"
#include "cli/target.hpp"
#include "config/edit.hpp"
#include "secrets/lookup.hpp"

namespace gw::cli {
namespace {

/// The token that clients of this state directory's gateway need, as `gateway run` finds it.
std::expected<Secret, Failure> token_of(const Context& cli, const Args& args) {
  const auto loaded =
      config::load(cli.paths, cli.environment, {secrets::lookup(cli.environment), "gateway.auth"});
  if (!loaded) return std::unexpected(cli_failure(loaded.error().message));
  if (!loaded->issues.empty()) {
    return std::unexpected(cli_failure("the configuration is invalid:\n" + config::listed(loaded->issues),
                                       "openclaw config validate"));
  }
  const config::Config& config = loaded->config;
  if (config.auth_mode != config::AuthMode::Token) {
    return std::unexpected(cli_failure("this gateway needs no token: gateway.auth.mode is " +
                                       std::string(name_of(config.auth_mode))));
  }
  if (!config.token.empty()) return config.token;
  Secret made_for_the_run = target_input(cli, args).run_token;
  if (!made_for_the_run.empty()) return made_for_the_run;
  return std::unexpected(
      cli_failure("no gateway token is configured", "openclaw config set gateway.auth.token <token>"));
}

int run(Context& cli, const Args& args) {
  if (!args.has("--show"))
    return cli.out.problem(
        cli_failure("pass --show to confirm that the token is to appear on this terminal"));
  if (!cli.is_terminal) {
    return cli.out.problem(
        cli_failure("the token is shown on a terminal only: it must not end in a file, a pipe or a log",
                    "give scripts OPENCLAW_GATEWAY_TOKEN, or refer to the secret in gateway.auth.token"));
  }
  const auto token = token_of(cli, args);
  if (!token) return cli.out.problem(token.error());
  cli.out.line(token->reveal());
  return 0;
}

}  // namespace

Command gateway_auth_token_command() {
  return {.path = "gateway auth-token",
          .summary = "Show the token that clients of this gateway need",
          .details = R"(
            Found as `gateway run` finds it: `gateway.auth.token`, then `OPENCLAW_GATEWAY_TOKEN`; when neither is
            set, the one that the running gateway has made for its run. Printed only with `--show` and only on a
            terminal. Exit code 1 otherwise, and when there is no token.)",
          .options = {{"--show", "", "Yes, print it"}},
          .examples = {"openclaw gateway auth-token --show"},
          .run = run};
}

}  // namespace gw::cli
