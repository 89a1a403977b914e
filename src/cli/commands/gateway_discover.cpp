#include "cli/commands/all.hpp"
#include "cli/context.hpp"
#include "cli/target.hpp"

namespace gw::cli {
namespace {

constexpr Millis kTimeout{2'000};

int run(Context& cli, const Args& args) {
  const auto timeout = timeout_of(args, kTimeout);
  if (!timeout) return cli.out.problem(timeout.error());
  const std::string warning =
      "this release does not listen for gateways on the network (mDNS, wide-area DNS-SD); name one with "
      "--url";
  cli.out.document(
      json::Object{{"timeoutMs", timeout->count()},
                   {"domains", json::Array{}},
                   {"count", 0},
                   {"beacons", json::Array{}},
                   {"warnings", json::Array{{{"code", "discovery_unavailable"}, {"message", warning}}}}});
  if (!cli.out.is_json()) cli.out.note("warning: " + warning);
  return 0;
}

}  // namespace

Command gateway_discover_command() {
  return {.path = "gateway discover",
          .summary = "Look for gateways on the network; finds none in this release",
          .details = R"(
            This release neither announces itself with mDNS or DNS-SD nor listens for others. The answer is the one
            of a network without gateways, and a warning that says so; `domains` is empty because none is asked.

            JSON: `{timeoutMs, domains[], count, beacons[], warnings[{code, message}]}`. Exit code 0.)",
          .options = {{"--timeout", "<ms>", "Accepted; nothing is waited for (2000)"},
                      {"--json", "", "Print one JSON document"}},
          .examples = {"openclaw gateway discover --json"},
          .run = run};
}

}  // namespace gw::cli
