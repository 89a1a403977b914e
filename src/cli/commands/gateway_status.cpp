#include "cli/commands/all.hpp"
#include "cli/gateway_facts.hpp"

namespace gw::cli {
namespace {

constexpr Millis kTimeout{10'000};

int run(Context& cli, const Args& args) {
  const bool reads = args.has("--require-rpc");
  if (reads && args.has("--no-probe")) {
    return cli.out.problem(cli_failure("--require-rpc cannot be combined with --no-probe"));
  }
  const auto timeout = timeout_of(args, kTimeout);
  if (!timeout) return cli.out.problem(timeout.error());
  const auto facts = gather_facts(cli, args,
                                  {.probes = !args.has("--no-probe"),
                                   .reads = reads,
                                   .looks_deep = args.has("--deep"),
                                   .timeout = *timeout});
  if (!facts) return cli.out.problem(facts.error());
  tell_target(cli, args, *facts->target);
  cli.out.document(facts_document(cli, *facts));
  if (!cli.out.is_json()) print_facts(cli, *facts);
  return reads && !facts->is_reachable() ? 1 : 0;
}

}  // namespace

Command gateway_status_command() {
  return {.path = "gateway status",
          .summary = "Show the service, and whether the gateway runs and answers",
          .details = R"(
            Shows the installed service and each line of its definition that differs from what would be installed
            now, the configuration of this command and of the service, who listens on the port, and what a probe
            of the gateway came to.

            Exit code 0, whatever was found; with `--require-rpc` 1 when the gateway does not answer `status`. A
            plain probe never makes a device key and needs no credentials for `--url`.)",
          .options = connection_options(
              {{"--require-rpc", "", "Exit 1 unless the gateway answers a read"},
               {"--no-probe", "", "Do not connect"},
               {"--deep", "", "Also look for other gateway services of the whole system"}}),
          .examples = {"openclaw gateway status", "openclaw gateway status --require-rpc --json"},
          .run = run};
}

}  // namespace gw::cli
