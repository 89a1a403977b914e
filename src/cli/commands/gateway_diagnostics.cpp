#include "cli/commands/gateway_diagnostics.hpp"

#include <algorithm>
#include <unistd.h>

#include "cli/commands/all.hpp"
#include "cli/diagnostics/collect.hpp"
#include "cli/values.hpp"
#include "platform/clock.hpp"
#include "platform/private_file.hpp"

namespace gw::cli {
namespace {

constexpr Millis kTimeout{3'000};
constexpr std::int64_t kLogLinesMax = 100'000;
constexpr std::int64_t kLogBytesMax = 50'000'000;

std::filesystem::path output_path(const Context& cli, const Args& args, UnixMillis now) {
  std::string time = iso8601(now);
  std::ranges::replace(time, ':', '-');
  std::ranges::replace(time, '.', '-');
  const std::string name = "openclaw-diagnostics-" + time + "-" + std::to_string(::getpid()) + ".zip";
  const auto given = args.text("--output");
  if (!given) return cli.paths.log_dir() / "support" / name;
  std::error_code error;
  const auto path = config::expand_home(*given, cli.environment);
  return std::filesystem::is_directory(path, error) ? path / name : path;
}

std::vector<Option> options() {
  std::vector<Option> all{{"--output", "<path>", "File, or directory, to write to"},
                          {"--log-lines", "<n>", "Newest lines of the log (5000)"},
                          {"--log-bytes", "<n>", "Newest bytes of the log (1000000)"},
                          {"--no-stability-bundle", "", "Leave out the newest stability bundle"}};
  for (Option option : connection_options()) {
    if (option.name == "--timeout") option.help = "Wait so many milliseconds for the gateway (3000)";
    all.push_back(option);
  }
  return all;
}

}  // namespace

int export_diagnostics(Context& cli, const Args& args) {
  diagnostics::Wanted wanted;
  const auto timeout = timeout_of(args, kTimeout);
  if (!timeout) return cli.out.problem(timeout.error());
  const auto lines = count_of(args, "--log-lines", kLogLinesMax);
  if (!lines) return cli.out.problem(lines.error());
  const auto bytes = count_of(args, "--log-bytes", kLogBytesMax);
  if (!bytes) return cli.out.problem(bytes.error());
  wanted.timeout = *timeout;
  if (*lines) wanted.log_lines = static_cast<std::size_t>(**lines);
  if (*bytes) wanted.log_bytes = static_cast<std::size_t>(**bytes);
  if (const auto target = target_of(cli, args)) {
    wanted.target = *target;
  } else {
    wanted.no_target = target.error();
  }
  const UnixMillis now = platform::wall_now();
  const std::filesystem::path path = output_path(cli, args, now);
  const auto collection = diagnostics::collect(cli, wanted, now);
  const std::string zip = diagnostics::zip_of(collection.members, now);
  auto written = platform::make_private_dir(std::filesystem::absolute(path).parent_path());
  if (written) written = platform::write_private_file(path, zip);
  if (!written) return cli.out.problem(cli_failure(written.error().message));
  cli.out.document(
      json::Object{{"path", path.string()}, {"bytes", zip.size()}, {"manifest", collection.manifest}});
  cli.out.line("Wrote " + path.string() + " (" + std::to_string(zip.size()) + " bytes).");
  cli.out.line("Secrets, and what people wrote, were left out. Look through it before you pass it on.");
  return 0;
}

Command gateway_diagnostics_export_command() {
  return {.path = "gateway diagnostics export",
          .summary = "Write what helps to understand a problem to a ZIP file",
          .details = R"(
            Collects the shape of the configuration and the configuration without its secrets, the newest lines
            of the log, the answers of `status` and `health`, and what `openclaw doctor` finds. Works with the
            gateway down: the error stands in place of its answers.

            Left out are secrets, wherever they stand, and what people wrote: messages, session keys, titles. Paths
            are shortened. Look through the file before you pass it on: nothing here can recognise a secret that
            neither the configuration nor the environment files know and that looks like a word.

            The file is `logs/support/openclaw-diagnostics-<time>-<pid>.zip` in the state directory, mode 0600,
            unless `--output` names another one. Members: `manifest.json`, `diagnostics.json`,
            `config/shape.json`, `config/sanitized.json`, `logs/openclaw-sanitized.jsonl`,
            `status/gateway-status.json`, `health/gateway-health.json`, `summary.md`.

            JSON: `{path, bytes, manifest{version, generatedAt, openclawVersion, platform, arch, node, stateDir,
            contents[{path, mediaType, bytes}], privacy{payloadFree, rawLogsIncluded, notes[]}}}`. Exit code 1
            when the file cannot be written.)",
          .options = options(),
          .examples = {"openclaw gateway diagnostics export",
                       "openclaw gateway diagnostics export --log-lines 200 --json"},
          .run = export_diagnostics};
}

}  // namespace gw::cli
