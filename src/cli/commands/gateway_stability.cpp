#include <algorithm>
#include <chrono>

#include "cli/commands/all.hpp"
#include "cli/commands/gateway_diagnostics.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "json/read.hpp"
#include "platform/private_file.hpp"

namespace gw::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLimitDefault = 25;
constexpr std::int64_t kLimitMax = 1'000;

std::expected<json::Object, Failure> params_of(const Args& args) {
  json::Object params{{"limit", kLimitDefault}};
  const auto limit = count_of(args, "--limit", kLimitMax);
  if (!limit) return std::unexpected(limit.error());
  if (*limit) params["limit"] = **limit;
  const auto since = count_of(args, "--since-seq", INT64_MAX);
  if (!since) return std::unexpected(since.error());
  if (*since) params["sinceSeq"] = **since;
  if (const auto type = args.text("--type")) params["type"] = *type;
  return params;
}

/// The bundle that was written last; empty when there is none.
fs::path newest_bundle(const fs::path& dir) {
  fs::path newest;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(dir, error)) {
    const std::string name = entry.path().filename().string();
    // Their names hold the time, so that the last one in order is the newest.
    if (!name.starts_with("openclaw-stability-") || entry.path().extension() != ".json") continue;
    if (newest.empty() || name > newest.filename().string()) newest = entry.path();
  }
  return newest;
}

int show_bundle(Context& cli, const std::string& which) {
  const fs::path dir = cli.paths.log_dir() / "stability";
  const fs::path path = which == "latest" ? newest_bundle(dir) : config::expand_home(which, cli.environment);
  if (path.empty()) {
    return cli.out.problem(cli_failure(
        "there is no stability bundle in " + dir.string() + "; this release writes none, only OpenClaw does",
        "openclaw gateway stability"));
  }
  const auto text = platform::read_small_file(path);
  if (!text) return cli.out.problem(cli_failure("cannot read the stability bundle " + path.string()));
  auto bundle = json::parse(*text);
  if (!bundle) {
    return cli.out.problem(
        cli_failure(path.string() + " is not a stability bundle: " + bundle.error().message));
  }
  std::error_code error;
  const auto written = std::chrono::file_clock::to_sys(fs::last_write_time(path, error));
  const auto written_ms = std::chrono::duration_cast<Millis>(written.time_since_epoch()).count();
  cli.out.document(json::Object{{"path", path.string()}, {"mtimeMs", written_ms}, {"bundle", *bundle}});
  cli.out.line("Bundle " + path.string() + ":");
  cli.out.live(json::pretty(*bundle));
  return 0;
}

/// `key=value` of everything but the columns.
std::string details_of(const json::Object& event) {
  std::string text;
  for (const auto& member : event) {
    const std::string_view name(member.key().data(), member.key().size());
    if (name == "seq" || name == "ts" || name == "type") continue;
    text += (text.empty() ? "" : " ") + std::string(name) + "=" + json::serialize(member.value());
  }
  return printable(text);
}

void print(Output& out, const json::Object& answer) {
  out.line(std::to_string(json::int_or(answer, "count", 0)) + " events on record, " +
           std::to_string(json::int_or(answer, "dropped", 0)) + " dropped");
  std::vector<std::vector<std::string>> rows{{"SEQ", "TIME", "TYPE", "DETAILS"}};
  const json::Array* events = json::array_at(answer, "events");
  for (const json::Value& value : events ? *events : json::Array{}) {
    if (!value.is_object()) continue;
    const json::Object& event = value.get_object();
    rows.push_back({std::to_string(json::int_or(event, "seq", 0)),
                    iso8601(UnixMillis{json::int_or(event, "ts", 0)}),
                    printable(json::text_or(event, "type")), details_of(event)});
  }
  if (rows.size() > 1) out.live(aligned(rows));
}

int run(Context& cli, const Args& args) {
  if (args.has("--export")) return export_diagnostics(cli, args);
  if (args.has("--output")) return cli.out.problem(cli_failure("--output requires --export"));
  if (const auto bundle = args.text("--bundle")) return show_bundle(cli, *bundle);
  const auto params = params_of(args);
  if (!params) return cli.out.problem(params.error());
  const auto answer = ask_gateway(cli, args, {.method = "diagnostics.stability", .params = *params});
  if (!answer) return cli.out.problem(answer.error());
  cli.out.document(*answer);
  if (answer->is_object()) print(cli.out, answer->get_object());
  return 0;
}

}  // namespace

Command gateway_stability_command() {
  return {
      .path = "gateway stability",
      .summary = "Show what happened to the running gateway lately",
      .details = R"(
            The gateway remembers its last 1000 events, without anything that people wrote. A restart begins anew.
            Types are:

            - `generation.started`, with the time from its turn to the first accepted connection
            - `restart.phase`, for each phase and the outcome of a restart
            - `event-loop.delayed`, when the gateway did not come to answering for 200 ms or more
            - `gateway.warning` and `gateway.error`, for each such line of the log

            Bundles are files that OpenClaw writes when it fails to stop. This release only reads them.

            JSON: `{generatedAt, capacity, count, dropped, firstSeq, lastSeq, events[{seq, ts, type, …}],
            summary{byType}}`; with `--bundle` `{path, mtimeMs, bundle}`. Exit code 1 when the gateway does not
            answer, or there is no bundle.)",
      .options =
          connection_options({{"--limit", "<n>", "Newest events to show, at most 1000 (25)"},
                              {"--type", "<type>", "Only events of this type"},
                              {"--since-seq", "<n>", "Only events after this one"},
                              {"--bundle", "<path>", "Show this bundle instead, or the newest with `latest`"},
                              {"--export", "", "Write a file to pass on, as gateway diagnostics export does"},
                              {"--output", "<path>", "With --export: file, or directory, to write to"}}),
      .examples = {"openclaw gateway stability", "openclaw gateway stability --type restart.phase --json"},
      .run = run};
}

}  // namespace gw::cli
