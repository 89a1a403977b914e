#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "json/read.hpp"
#include "rpc/methods/services.hpp"

namespace gw::rpc {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kDaysDefault = 30;
constexpr std::int64_t kDaysMax = 3'650;  // Ten years.
constexpr std::size_t kNameBytesMax = 128;

/// `2026-11-25` as days since 1970; nothing when it is no date.
std::optional<std::int64_t> day_of(std::string_view text) {
  const auto part = [&](std::size_t at, std::size_t length) -> int {
    int value = -1;
    const char* end = text.data() + at + length;
    return std::from_chars(text.data() + at, end, value).ptr == end ? value : -1;
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = part(0, 4), month = part(5, 2), day = part(8, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

struct CostQuery {
  std::int64_t first_day = 0;
  std::int64_t last_day = 0;
  std::string agent_id;  // Empty: all.
};

Result<CostQuery> read_query(const Services& services, const json::Value& params) {
  json::Reader reader(params);
  const std::int64_t today = services.loop.wall_now().value / kDayMs;
  const auto date = [&](const char* key, std::int64_t otherwise) {
    const auto text = reader.optional_text(key, kNameBytesMax);
    const auto day = text ? day_of(*text) : std::nullopt;
    if (text && !day) reader.problem("at /" + std::string(key) + ": must be a date like 2026-11-25");
    return day.value_or(otherwise);
  };
  CostQuery query;
  const std::int64_t days = reader.optional_int("days", 1, kDaysMax).value_or(kDaysDefault);
  query.last_day = date("endDate", today);
  query.first_day = date("startDate", query.last_day - days + 1);
  if (query.last_day < query.first_day || query.last_day - query.first_day >= kDaysMax) {
    reader.problem("startDate and endDate must be in order and at most " + std::to_string(kDaysMax) +
                   " days apart");
  }
  const auto agent = reader.optional_text("agentId", kNameBytesMax);
  const auto scope = reader.optional_text("agentScope", kNameBytesMax);
  if (scope && *scope != "all") reader.problem("at /agentScope: must be all");
  if (scope && agent) reader.problem("agentId and agentScope exclude each other");
  if (!scope) query.agent_id = agent.value_or(services.config.default_agent);
  reader.ignore({"mode", "utcOffset"});  // Days are those of UTC.
  if (auto read = reader.finish(); !read) return std::unexpected(invalid_params("usage.cost", read.error()));
  return query;
}

/// No prices are configured in this release: every call is one whose cost is not known.
json::Object row(const ModelUsage& usage, std::int64_t calls) {
  return {{"input", usage.input},
          {"output", usage.output},
          {"cacheRead", usage.cache_read},
          {"cacheWrite", usage.cache_write},
          {"totalTokens", usage.total},
          {"totalCost", 0},
          {"inputCost", 0},
          {"outputCost", 0},
          {"cacheReadCost", 0},
          {"cacheWriteCost", 0},
          {"missingCostEntries", calls}};
}

json::Object cost_json(const CostQuery& query, const std::vector<UsageDay>& days, UnixMillis now) {
  json::Array daily;
  ModelUsage total;
  std::int64_t calls = 0;
  for (const UsageDay& day : days) {
    json::Object one{{"date", iso8601(UnixMillis{day.day * kDayMs}).substr(0, 10)}};
    for (const auto& member : row(day.usage, day.calls)) one[member.key()] = member.value();
    daily.push_back(std::move(one));
    total += day.usage;
    calls += day.calls;
  }
  return {{"updatedAt", now.value},
          {"days", query.last_day - query.first_day + 1},
          {"daily", std::move(daily)},
          {"totals", row(total, calls)},
          {"cacheStatus", {{"status", "fresh"}, {"cachedFiles", 0}, {"pendingFiles", 0}, {"staleFiles", 0}}}};
}

void cost(Services& services, Call call) {
  const auto query = read_query(services, call.params);
  if (!query) return call.respond.error(query.error());
  services.usage.usage(query->first_day, query->last_day, query->agent_id,
                       [&services, call, query = *query](Result<std::vector<UsageDay>> days) {
                         if (!days) return call.respond.error(days.error());
                         call.respond.ok(cost_json(query, *days, services.loop.wall_now()));
                       });
}

}  // namespace

void add_usage_methods(MethodTable& table, Services& services) {
  table.add({.name = "usage.cost",
             .scope = Scope::Read,
             .help = "Tokens that model calls used, by day of UTC.",
             .handle = [&services](Call call) { cost(services, std::move(call)); }});
}

}  // namespace gw::rpc
