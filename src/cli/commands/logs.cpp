#include <thread>

#include "cli/commands/all.hpp"
#include "cli/context.hpp"
#include "cli/log_view.hpp"
#include "cli/values.hpp"
#include "platform/log_reader.hpp"

namespace gw::cli {
namespace {

constexpr std::int64_t kLimit = 200;
constexpr std::int64_t kLimitMax = 100'000;
/// A new day, a rotation, a directory that comes later and a file of another machine all look the same to who
/// simply looks again.
constexpr Millis kLookAgain{200};

std::filesystem::path log_file(const Context& cli) {
  const auto loaded = config::load(cli.paths, cli.environment);
  if (loaded) return loaded->config.log_file;
  cli.out.note("warning: " + loaded.error().message);
  return {};
}

std::string meta(const platform::LogReader& reader) {
  return json::serialize(json::Object{{"type", "meta"},
                                      {"file", reader.current().string()},
                                      {"sourceKind", "file"},
                                      {"cursor", reader.cursor()}}) +
         "\n";
}

int run(Context& cli, const Args& args) {
  const auto limit = parse_count(args.text("--limit").value_or(std::to_string(kLimit)), kLimitMax);
  if (!limit) {
    return cli.out.problem(
        cli_failure("Invalid --limit. Give a number from 1 to " + std::to_string(kLimitMax) + "."));
  }
  const std::string level = args.text("--level").value_or("debug");
  if (!is_one_of(level, {"debug", "info", "warn", "error"}))
    return cli.out.problem(cli_failure("Invalid --level (use \"debug\", \"info\", \"warn\" or \"error\")"));

  platform::LogReader reader(cli.paths.log_dir(), log_file(cli));
  LogView view(cli.out);
  const auto show = [&](const LogRecord& record) {
    return cli.out.is_json() ? for_programs(record) : view.for_people(record);
  };
  const auto newest = reader.newest(static_cast<std::size_t>(*limit), [&](std::string_view line) {
    return is_at_least(read_log_line(std::string(line)), level);
  });
  if (!newest) return cli.out.problem(cli_failure(newest.error().message));
  if (reader.current().empty()) cli.out.note("There is no log in " + cli.paths.log_dir().string() + " yet.");
  std::string text = cli.out.is_json() ? meta(reader) : "";
  for (const std::string& line : *newest) text += show(read_log_line(line));
  cli.out.raw(text);
  while (args.has("--follow") && !cli.out.is_broken()) {
    std::this_thread::sleep_for(kLookAgain);
    const auto more = reader.next();
    if (!more) return cli.out.problem(cli_failure(more.error().message));
    text.clear();
    for (const std::string& line : *more) {
      const LogRecord record = read_log_line(line);
      if (is_at_least(record, level)) text += show(record);
    }
    if (!text.empty()) cli.out.raw(text);
  }
  return 0;
}

}  // namespace

Command logs_command() {
  return {
      .path = "logs",
      .summary = "Show the log of this state directory's gateway",
      .details = R"(
            Reads the log files themselves, so that it also works when no gateway runs: the dated ones in `logs` in
            the state directory, or `logging.file`, with those that were rotated away. At most the last 16 MiB are
            looked through. The log of a gateway elsewhere comes with `openclaw gateway call logs.tail`.

            `--follow` shows what is written from then on, over rotations and past midnight, until Ctrl-C.

            `--json` prints one object on each line: first `{type:"meta",file,sourceKind:"file",cursor}`, then
            `{type:"log",time,level,subsystem,message,raw}` with the line as it stands in the file in `raw`, or
            `{type:"raw",raw}` for a line that is no record. Times are UTC.)",
      .options = {{"--follow", "", "Show new lines as they are written"},
                  {"--limit", "<n>", "How many of the newest lines (200)"},
                  {"--level", "<level>", "Only debug, info, warn or error and graver ones (debug)"},
                  {"--json", "", "Print one JSON object for each line"}},
      .examples = {"openclaw logs --level warn", "openclaw logs --limit 20 --json", "openclaw logs --follow"},
      .run = run};
}

}  // namespace gw::cli
