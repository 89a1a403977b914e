#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/commands/all.hpp"
#include "cli/connect_params.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"

namespace gw::cli {
namespace {

constexpr std::int64_t kLimitMax = 200;  // All that the gateway keeps.
constexpr std::size_t kIdLength = 8;     // Enough to tell restarts apart.
constexpr std::size_t kReasonBytes = 40;

std::string number(const json::Object& record, std::string_view key) {
  return std::to_string(json::int_or(record, key, 0));
}

/// Every client that asked, each once, in the order of the first time.
std::string who_asked(const json::Object& record) {
  std::vector<std::string> names;
  const json::Value* requesters = record.if_contains("requesters");
  if (requesters && requesters->is_array()) {
    for (const json::Value& one : requesters->get_array()) {
      const json::Object* object = one.if_object();
      std::string name = printable(object ? json::text_or(*object, "client") : "");
      if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    }
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text.empty() ? "-" : text;
}

std::string versions_of(const json::Object& record) {
  const std::string from = printable(json::text_or(record, "fromVersion"));
  const std::string to = printable(json::text_or(record, "toVersion"));
  return to.empty() || to == from ? from : from + " -> " + to;
}

std::vector<std::string> row_of(const json::Object& record) {
  return {printable(json::text_or(record, "id").substr(0, kIdLength)),
          iso8601(UnixMillis{json::int_or(record, "requestedAtMs", 0)}),
          who_asked(record),
          printable(cut_utf8(json::text_or(record, "reason"), kReasonBytes)),
          printable(json::text_or(record, "mode")),
          number(record, "waitedMs"),
          number(record, "cutRuns"),
          number(record, "resumedRuns"),
          number(record, "gapMs"),
          printable(json::text_or(record, "outcome", "under way")),
          versions_of(record)};
}

void print(Context& cli, const json::Value& answer) {
  std::vector<std::vector<std::string>> rows{
      {"ID", "WHEN", "WHO", "WHY", "MODE", "WAITED MS", "CUT", "RESUMED", "GAP MS", "OUTCOME", "VERSION"}};
  const json::Object* object = answer.if_object();
  const json::Value* restarts = object ? object->if_contains("restarts") : nullptr;
  if (restarts && restarts->is_array()) {
    for (const json::Value& record : restarts->get_array()) {
      if (const json::Object* one = record.if_object()) rows.push_back(row_of(*one));
    }
  }
  if (rows.size() == 1) return cli.out.line("no restart is on record");
  cli.out.raw(aligned(rows));
}

int run(Context& cli, const Args& args) {
  json::Object params;
  const auto limit = count_of(args, "--limit", kLimitMax);
  if (!limit) return cli.out.problem(limit.error());
  if (*limit) params["limit"] = **limit;
  const auto answer = ask_gateway(cli, args, {.method = "gateway.restart.history", .params = params});
  if (!answer) return cli.out.problem(answer.error());
  cli.out.document(*answer);
  if (!cli.out.is_json()) print(cli, *answer);
  return 0;
}

}  // namespace

Command gateway_restart_history_command() {
  Command command{.path = "gateway restart history",
                  .summary = "Show the restarts on record, newest first",
                  .details = R"(
            Each with its id, when, who asked, why, mode, time waited, runs cut and resumed, gap in ms, outcome and
            versions. JSON: the answer of `gateway.restart.history` (docs/restart.md).)",
                  .options = connection_options(),
                  .examples = {"openclaw gateway restart history --limit 5"},
                  .run = run};
  command.options.push_back({"--limit", "<n>", "How many, 1 to 200 (20)"});
  return command;
}

}  // namespace gw::cli
