#include "cli/commands/all.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace gw::cli {
namespace {

constexpr std::int64_t kDaysDefault = 30;
constexpr std::int64_t kDaysMax = 3'650;

std::expected<json::Object, Failure> params_of(const Args& args) {
  json::Object params{{"days", kDaysDefault}};
  const auto days = count_of(args, "--days", kDaysMax);
  if (!days) return std::unexpected(days.error());
  if (*days) params["days"] = **days;
  if (args.has("--agent") && args.has("--all-agents")) {
    return std::unexpected(cli_failure("--agent cannot be combined with --all-agents"));
  }
  if (const auto agent = args.text("--agent")) params["agentId"] = *agent;
  if (args.has("--all-agents")) params["agentScope"] = "all";
  return params;
}

std::vector<std::string> cells_of(const std::string& name, const json::Object& row) {
  std::vector<std::string> cells{name};
  for (const char* key : {"input", "output", "cacheRead", "cacheWrite", "totalTokens"}) {
    cells.push_back(std::to_string(json::int_or(row, key, 0)));
  }
  return cells;
}

void print(Output& out, const json::Object& answer) {
  std::vector<std::vector<std::string>> rows{
      {"DATE", "INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE", "TOTAL"}};
  const json::Array* daily = json::array_at(answer, "daily");
  for (const json::Value& day : daily ? *daily : json::Array{}) {
    if (!day.is_object()) continue;
    rows.push_back(cells_of(printable(json::text_or(day.get_object(), "date")), day.get_object()));
  }
  const json::Object* totals = json::object_at(answer, "totals");
  const json::Object nothing;
  rows.push_back(cells_of("total", totals ? *totals : nothing));
  out.live(aligned(rows));
  const std::int64_t missing = totals ? json::int_or(*totals, "missingCostEntries", 0) : 0;
  if (missing > 0) out.line("The price of " + std::to_string(missing) + " model calls is not known.");
}

int run(Context& cli, const Args& args) {
  const auto params = params_of(args);
  if (!params) return cli.out.problem(params.error());
  const auto answer = ask_gateway(cli, args, {.method = "usage.cost", .params = *params});
  if (!answer) return cli.out.problem(answer.error());
  cli.out.document(*answer);
  if (!cli.out.is_json() && answer->is_object()) print(cli.out, answer->get_object());
  return 0;
}

}  // namespace

Command gateway_usage_cost_command() {
  return {
      .path = "gateway usage-cost",
      .summary = "Show the tokens that model calls used, by day",
      .details = R"(
            Counted are the calls of runs that ended, on the day (of UTC) on which they did, as the model server
            counted them. This release knows no prices: costs are 0, and `missingCostEntries` is the number of
            calls.

            JSON: `{updatedAt, days, daily[], totals, cacheStatus{status, cachedFiles, pendingFiles, staleFiles}}`;
            each day, which has a `date` besides, and the totals: `{input, output, cacheRead, cacheWrite,
            totalTokens, totalCost, inputCost, outputCost, cacheReadCost, cacheWriteCost, missingCostEntries}`.
            Exit code 1 when the gateway does not answer.)",
      .options = connection_options({{"--days", "<n>", "Days to look back, today included (30)"},
                                     {"--agent", "<id>", "Only this agent; otherwise the default one"},
                                     {"--all-agents", "", "All agents together"}}),
      .examples = {"openclaw gateway usage-cost", "openclaw gateway usage-cost --days 7 --all-agents --json"},
      .run = run};
}

}  // namespace gw::cli
