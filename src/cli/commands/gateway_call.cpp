#include "cli/commands/all.hpp"
#include "cli/connect_params.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kTimeout{10'000};

std::expected<json::Value, Failure> call(Context& cli, const Args& args, const std::string& method) {
  auto params = json::parse(args.text("--params").value_or("{}"));
  if (!params) return std::unexpected(cli_failure("--params is " + params.error().message));
  const auto timeout = timeout_of(args, kTimeout);
  if (!timeout) return std::unexpected(timeout.error());
  const auto target = resolve_target(target_input(cli, args));
  if (!target) return std::unexpected(target.error());
  const Instant deadline = platform::now() + *timeout;
  const Call call{.method = method, .params = *params, .is_two_stage = args.has("--expect-final")};
  const auto once = [&] { return call_once(cli, *target, call, deadline); };
  return only_reads(method) ? again_after_hand_over(once) : once();
}

int run(Context& cli, const Args& args) {
  const std::string& method = args.operands().front();
  const auto payload = call(cli, args, method);
  if (!payload) return cli.out.problem(payload.error());
  cli.out.line(cli.out.bold("Gateway call: " + method));
  cli.out.raw(json::pretty(*payload));
  return 0;
}

std::vector<Option> options() {
  std::vector<Option> all{
      {"--params", "<json>", "Parameters of the method ({})"},
      {"--expect-final", "", "Wait for the second answer of a method that answers twice"}};
  for (const Option& option : connection_options()) all.push_back(option);
  return all;
}

}  // namespace

Command gateway_call_command() {
  return {.path = "gateway call",
          .summary = "Call a method of the running gateway",
          .details = R"(
            Prints the payload of the answer. Asks for the least scopes that the method needs. The methods are
            listed in docs/wire.md.)",
          .operand = "<method>",
          .options = options(),
          .examples = {"openclaw gateway call gateway.restart.preflight --json",
                       "openclaw gateway call chat.history --params '{\"sessionKey\":\"main\"}'"},
          .run = run};
}

}  // namespace gw::cli
