#include <algorithm>
#include <array>
#include <functional>

#include "cli/commands/all.hpp"
#include "cli/probe.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kTimeout{3'000};
/// The best first.
constexpr std::array<std::string_view, 6> kCapabilities{"admin_capable",   "write_capable",
                                                        "read_only",       "connected_no_operator_scope",
                                                        "pairing_pending", "unknown"};

struct Warning {
  std::string code;
  std::string message;
  std::vector<std::string> targets;
};

using Results = std::vector<ProbeResult>;

std::string_view best_capability(const Results& results) {
  auto best = kCapabilities.end() - 1;
  for (const ProbeResult& result : results)
    best = std::min(best, std::ranges::find(kCapabilities, result.capability()));
  return *best;
}

const ProbeResult* primary(const Results& results) {
  const auto reachable = std::ranges::find_if(results, &ProbeResult::is_reachable);
  return reachable == results.end() ? nullptr : &*reachable;
}

/// Those for which `is_such` holds, by id.
template <typename Predicate>
std::vector<std::string> ids(const Results& results, Predicate is_such) {
  std::vector<std::string> found;
  for (const ProbeResult& result : results) {
    if (std::invoke(is_such, result)) found.push_back(result.asked.id);
  }
  return found;
}

/// At different addresses: one gateway may be meant in several ways.
bool are_several(const Results& results) {
  std::vector<std::string> seen;
  for (const ProbeResult& result : results) {
    if (!result.is_reachable()) continue;
    const Target& target = *result.asked.target;
    const std::string host = target.host == "localhost" || target.host == "::1" ? "127.0.0.1" : target.host;
    const std::string address = host + ":" + std::to_string(target.port);
    if (std::ranges::find(seen, address) == seen.end()) seen.push_back(address);
  }
  return seen.size() > 1;
}

std::vector<Warning> warnings_of(const Results& results) {
  std::vector<Warning> warnings;
  const auto reachable = ids(results, &ProbeResult::is_reachable);
  if (reachable.empty()) {
    warnings.push_back({"no_gateway_reachable", "No gateway answered; see the error of each target.",
                        ids(results, [](const ProbeResult&) { return true; })});
  }
  if (are_several(results)) {
    warnings.push_back({"multiple_gateways",
                        "More than one gateway answered; name the one that you mean with --url or --port.",
                        reachable});
  }
  const auto limited = ids(results, &ProbeResult::is_scope_limited);
  if (!limited.empty()) {
    warnings.push_back({"probe_scope_limited",
                        "Connected, but without operator.read: health is all that could be asked for.",
                        limited});
  }
  const auto partial =
      ids(results, [](const ProbeResult& r) { return r.read_failure && !r.is_scope_limited(); });
  if (!partial.empty())
    warnings.push_back({"probe_detail_failed", "Connected, but not everything was answered.", partial});
  return warnings;
}

json::Array warnings_json(const std::vector<Warning>& warnings) {
  json::Array all;
  for (const Warning& warning : warnings) {
    json::Array targets;
    for (const std::string& id : warning.targets) targets.emplace_back(id);
    all.push_back({{"code", warning.code}, {"message", warning.message}, {"targetIds", std::move(targets)}});
  }
  return all;
}

json::Object document(const Results& results, const std::vector<Warning>& warnings, Millis timeout,
                      Instant begun) {
  const ProbeResult* first = primary(results);
  json::Array targets;
  for (const ProbeResult& result : results) targets.push_back(to_json(result));
  const ProbeTarget& local = results.back().asked;
  const auto duration = std::chrono::duration_cast<Millis>(platform::now() - begun);
  return {{"ok", first != nullptr},
          {"degraded", std::ranges::any_of(
                           results, [](const ProbeResult& r) { return r.is_reachable() && r.read_failure; })},
          {"capability", best_capability(results)},
          {"ts", platform::wall_now().value},
          {"durationMs", duration.count()},
          {"timeoutMs", timeout.count()},
          {"primaryTargetId", first ? json::Value(first->asked.id) : json::Value(nullptr)},
          {"warnings", warnings_json(warnings)},
          {"network",
           {{"localLoopbackUrl", local.target ? json::Value(local.target->url) : json::Value(nullptr)},
            {"localTailnetUrl", nullptr},
            {"tailnetIPv4", nullptr}}},
          // Nobody on the network is asked: 0 ms.
          {"discovery", {{"timeoutMs", 0}, {"count", 0}, {"beacons", json::Array{}}}},
          {"targets", std::move(targets)}};
}

void print(Output& out, const Results& results, const std::vector<Warning>& warnings) {
  for (const ProbeResult& result : results) {
    const std::string url = result.asked.target ? result.asked.target->url : "";
    out.row(result.asked.id, url + (result.asked.is_active ? " (active)" : ""));
    if (result.connect_failure) {
      out.line("  " + out.bad("not reachable") + ": " + result.connect_failure->message);
      continue;
    }
    std::string capability(result.capability());
    std::ranges::replace(capability, '_', '-');
    out.line("  " + out.good("reachable") + " in " + std::to_string(result.latency.count()) + " ms, " +
             capability);
    if (result.read_failure) out.line("  " + result.read_failure->message);
  }
  for (const Warning& warning : warnings) out.note("warning: " + warning.message);
}

int run(Context& cli, const Args& args) {
  for (const char* name : {"--ssh", "--ssh-auto", "--ssh-identity"}) {
    if (!args.has(name)) continue;
    return cli.out.problem(
        cli_failure(std::string(name) + ": SSH tunnels are not opened in this release",
                    "ssh -N -L 18790:127.0.0.1:18789 <user@host>, then openclaw gateway probe --url "
                    "ws://127.0.0.1:18790 --token <token>"));
  }
  const auto timeout = timeout_of(args, kTimeout);
  if (!timeout) return cli.out.problem(timeout.error());
  const TargetInput input = target_input(cli, args);
  if (input.url_flag && input.port_flag)
    return cli.out.problem(cli_failure("Use either --url or --port, not both."));
  const Instant begun = platform::now();
  Results results;
  for (const ProbeTarget& target : probe_targets(input, *timeout)) results.push_back(probe(target));
  const std::vector<Warning> warnings = warnings_of(results);
  cli.out.document(document(results, warnings, *timeout, begun));
  if (!cli.out.is_json()) print(cli.out, results, warnings);
  return primary(results) ? 0 : 1;
}

std::vector<Option> options() {
  return {{"--url", "<url>", "Also try this gateway"},
          {"--port", "<n>", "Port of the gateway on this machine"},
          {"--token", "<token>", "Shared token of the first target"},
          {"--password", "<password>", "Shared password of the first target"},
          {"--timeout", "<ms>", "Give up after this many milliseconds (3000)"},
          {"--ssh", "<user@host>", "Not supported in this release"},
          {"--ssh-identity", "<path>", "Not supported in this release"},
          {"--ssh-auto", "", "Not supported in this release"},
          {"--json", "", "Print one JSON document"}};
}

}  // namespace

Command gateway_probe_command() {
  return {.path = "gateway probe",
          .summary = "Try every gateway that could be meant, and compare",
          .details = R"(
            Targets, the preferred one first: `explicit` (`--url`), `configRemote` (`gateway.remote.url` when
            `gateway.mode` is `remote`), and `localLoopback`, which is always tried. The explicit target and a
            loopback that commands would talk to have the whole `--timeout`, another loopback 800 ms, the remote
            1500 ms. The probe connects without a device key: nothing is paired.

            Reachable means that the handshake succeeded. Exit code 0 when one target is reachable, else 1.

            JSON: `{ok, degraded, capability, ts, durationMs, timeoutMs, primaryTargetId, warnings[{code, message,
            targetIds[]}], network{localLoopbackUrl, localTailnetUrl, tailnetIPv4}, discovery{timeoutMs, count,
            beacons[]}, targets[]}`, where a target is `{id, kind, url, active, tunnel, connect{ok, rpcOk,
            scopeLimited, latencyMs, error, close}, auth{role, scopes[], capability}, server?, self, config, health,
            summary, presence}`. `config` says of secrets only
            whether they are set. Codes of warnings: `no_gateway_reachable`, `multiple_gateways`,
            `probe_scope_limited`, `probe_detail_failed`. The network is not searched: `discovery` is empty.)",
          .options = options(),
          .examples = {"openclaw gateway probe", "openclaw gateway probe --timeout 1000 --json"},
          .run = run};
}

}  // namespace gw::cli
