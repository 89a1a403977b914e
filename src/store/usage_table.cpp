#include "store/usage_table.hpp"

#include <algorithm>

namespace gw::store {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

constexpr const char* kAdd = R"(
  INSERT INTO usage_day (day, agent_id, model, calls, input, output, cache_read, cache_write, total)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
  ON CONFLICT (day, agent_id, model) DO UPDATE SET
    calls = calls + excluded.calls, input = input + excluded.input, output = output + excluded.output,
    cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,
    total = total + excluded.total
)";

constexpr const char* kDays = R"(
  SELECT day, sum(calls), sum(input), sum(output), sum(cache_read), sum(cache_write), sum(total)
    FROM usage_day
   WHERE day BETWEEN ?1 AND ?2 AND (?3 = '' OR agent_id = ?3)
   GROUP BY day ORDER BY day
)";

std::int64_t bounded(std::int64_t tokens) { return std::clamp<std::int64_t>(tokens, 0, kRunTokensMax); }

}  // namespace

UsageTable::UsageTable(Database& d) : add_(d, kAdd), days_(d, kDays) {}

Status UsageTable::prepare() {
  if (auto ready = add_.prepare(); !ready) return ready;
  return days_.prepare();
}

Status UsageTable::add(UnixMillis at, std::string_view agent_id, std::string_view model, std::int64_t calls,
                       const ModelUsage& usage) {
  return add_.run(at.value / kDayMs, agent_id, model, calls, bounded(usage.input), bounded(usage.output),
                  bounded(usage.cache_read), bounded(usage.cache_write), bounded(usage.total));
}

Result<std::vector<UsageDay>> UsageTable::days(std::int64_t first, std::int64_t last,
                                               std::string_view agent_id) {
  std::vector<UsageDay> days;
  Rows rows = days_.query(first, last, agent_id);
  while (true) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return days;
    days.push_back({.day = rows.integer(0),
                    .calls = rows.integer(1),
                    .usage = {.input = rows.integer(2),
                              .output = rows.integer(3),
                              .cache_read = rows.integer(4),
                              .cache_write = rows.integer(5),
                              .total = rows.integer(6)}});
  }
}

}  // namespace gw::store
