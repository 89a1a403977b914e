#include <algorithm>
#include <array>
#include <set>

#include "base/version.hpp"
#include "cli/commands/all.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/doctor/repair.hpp"
#include "cli/session.hpp"

namespace gw::cli {
namespace {

using doctor::Finding;
using doctor::Findings;
using doctor::Severity;

constexpr int kRoundsMax = 4;  // A file that can be read again shows what was hidden behind its fault.

struct Treatment {
  std::string code;
  bool is_done = false;
  std::string message;  // What was done, or why not.
};

std::string_view name_of(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames{"info", "warning", "error"};
  return kNames[static_cast<std::size_t>(severity)];
}

/// Mends what can be, each thing once; what is left is found in `findings`.
std::vector<Treatment> treat(const Context& cli, Findings& findings) {
  std::vector<Treatment> done;
  std::set<std::pair<doctor::Repair, std::string>> tried;
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::size_t before = done.size();
    for (const Finding& finding : findings) {
      if (!finding.repair || !tried.emplace(*finding.repair, finding.path).second) continue;
      const auto outcome = doctor::mend(cli, finding);
      done.push_back({finding.code, outcome.has_value(), outcome ? *outcome : outcome.error().message});
    }
    if (done.size() == before) break;
    findings = doctor::examine(doctor::gather(cli));
  }
  return done;
}

std::int64_t count(const Findings& findings, Severity severity) {
  return std::ranges::count(findings, severity, &Finding::severity);
}

json::Object document(const Context& cli, const Findings& findings, const std::vector<Treatment>& done) {
  json::Array found;
  for (const Finding& finding : findings) {
    json::Object one{
        {"code", finding.code}, {"severity", name_of(finding.severity)}, {"message", finding.message}};
    if (!finding.path.empty()) one["path"] = finding.path;
    if (!finding.fix.empty()) one["fix"] = finding.fix;
    one["fixable"] = finding.repair.has_value();
    found.push_back(std::move(one));
  }
  json::Array repairs;
  for (const Treatment& one : done) {
    repairs.push_back({{"code", one.code}, {"ok", one.is_done}, {"message", one.message}});
  }
  const std::int64_t errors = count(findings, Severity::Error);
  const std::int64_t warnings = count(findings, Severity::Warning);
  return {
      {"ok", errors + warnings == 0},
      {"version", kVersion},
      {"stateDir", cli.paths.state_dir.string()},
      {"configPath", cli.paths.config_file.string()},
      {"findings", std::move(found)},
      {"repairs", std::move(repairs)},
      {"summary", {{"errors", errors}, {"warnings", warnings}, {"infos", count(findings, Severity::Info)}}}};
}

void print(Context& cli, const Findings& findings, const std::vector<Treatment>& done) {
  Output& out = cli.out;
  constexpr std::size_t kWidth = 9;
  const auto line = [&](std::string_view label, std::string_view text) {
    std::string left(label);
    left.resize(kWidth, ' ');
    out.line(left + std::string(text));
  };
  for (const Treatment& one : done) line(one.is_done ? "fixed" : "failed", one.message);
  for (const Finding& finding : findings) {
    std::string where = finding.path.empty() ? "" : finding.path + ": ";
    line(name_of(finding.severity), where + finding.message + " [" + finding.code + "]");
    if (!finding.fix.empty()) line("", (finding.repair ? "--fix would: " : "Try: ") + finding.fix);
  }
  const auto bad = count(findings, Severity::Error) + count(findings, Severity::Warning);
  const auto fixable = std::ranges::count_if(findings, [](const Finding& f) { return f.repair.has_value(); });
  if (bad == 0) return out.line(out.good("Nothing is wrong."));
  out.line(out.bad(std::to_string(bad) + (bad == 1 ? " problem" : " problems")) +
           (fixable > 0 && done.empty()
                ? "; openclaw doctor --fix mends " + std::to_string(fixable) + " of them"
                : std::string()));
}

int run(Context& cli, const Args& args) {
  Findings findings = doctor::examine(doctor::gather(cli));
  std::vector<Treatment> done;
  if (args.has("--fix")) done = treat(cli, findings);
  cli.out.document(document(cli, findings, done));
  if (!cli.out.is_json()) print(cli, findings, done);
  return count(findings, Severity::Error) + count(findings, Severity::Warning) == 0 ? 0 : 1;
}

}  // namespace

Command doctor_command() {
  return {.path = "doctor",
          .summary = "Find what is wrong with the gateway, and mend it",
          .details = R"(
            Looks at the configuration file (syntax, unknown and misplaced keys, credentials, exposure), at the
            state directory (owners, modes, leftovers of a gateway that is gone), at the port and who holds it,
            and at the installed service: which line of its definition differs from what this program would write,
            and why that matters. Works without a running gateway and changes nothing.

            With `--fix` it mends what it safely can: the configuration, one key at a time and with a backup;
            modes; leftovers; the definition of the service, which is restarted then; lingering, where this user
            may enable it. A service that is missing is not installed: `gateway install` does that. A file that cannot be read
            as JSON5 is replaced by `openclaw.json.last-good` and kept beside it. It never asks, and it never
            touches what is managed elsewhere: with `OPENCLAW_NIX_MODE` or `OPENCLAW_CONFIG_READONLY` the
            configuration, with `OPENCLAW_NIX_MODE` or `OPENCLAW_SERVICE_REPAIR_POLICY=external` the service.

            JSON: `{ok, version, stateDir, configPath, findings[{code, severity, message, path?, fix?, fixable}],
            repairs[{code, ok, message}], summary{errors, warnings, infos}}`; `severity` is `info`, `warning` or
            `error`. Exit code 0 when no warning and no error is left, else 1.)",
          .options = {{"--fix", "", "Mend what can be mended"},
                      {"--non-interactive", "", "Accepted for OpenClaw's sake: it never asks"},
                      {"--json", "", "Print one JSON document"}},
          .examples = {"openclaw doctor", "openclaw doctor --fix --json"},
          .run = run};
}

}  // namespace gw::cli
