#include "cli/commands/all.hpp"
#include "cli/session.hpp"

namespace gw::cli {
namespace {

int run(Context& cli, const Args& args) {
  const std::string& method = args.operands().front();
  const auto params = json::parse(args.text("--params").value_or("{}"));
  if (!params) return cli.out.problem(cli_failure("--params is " + params.error().message));
  const auto payload = ask_gateway(
      cli, args, {.method = method, .params = *params, .is_two_stage = args.has("--expect-final")});
  if (!payload) return cli.out.problem(payload.error());
  cli.out.line(cli.out.bold("Gateway call: " + method));
  cli.out.raw(json::pretty(*payload));
  return 0;
}

}  // namespace

Command gateway_call_command() {
  return {.path = "gateway call",
          .summary = "Call a method of the running gateway",
          .details = R"(
            Prints the payload of the answer. Asks for the least scopes that the method needs. The methods are
            listed in docs/wire.md.)",
          .operand = "<method>",
          .options = connection_options(
              {{"--params", "<json>", "Parameters of the method ({})"},
               {"--expect-final", "", "Wait for the second answer of a method that answers twice"}}),
          .examples = {"openclaw gateway call gateway.restart.preflight --json",
                       "openclaw gateway call chat.history --params '{\"sessionKey\":\"main\"}'"},
          .run = run};
}

}  // namespace gw::cli
