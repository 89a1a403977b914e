#include "store/restart_table.hpp"

#include "store/json_text.hpp"

namespace gw::store {
namespace {

// What `openclaw gateway restart history` can show at most.
constexpr int kRestartsKept = 200;

constexpr const char* kSave = R"(
  INSERT INTO restart (id, mode, reason, outcome, failure, requesters, requested_at_ms, ended_at_ms,
                       waited_ms, gap_ms, cut_runs, from_version, to_version, resumed_runs)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
  ON CONFLICT (id) DO UPDATE
     SET mode = excluded.mode, reason = excluded.reason, outcome = excluded.outcome,
         failure = excluded.failure, requesters = excluded.requesters,
         requested_at_ms = excluded.requested_at_ms, ended_at_ms = excluded.ended_at_ms,
         waited_ms = excluded.waited_ms, gap_ms = excluded.gap_ms,
         cut_runs = excluded.cut_runs, from_version = excluded.from_version, to_version = excluded.to_version,
         resumed_runs = excluded.resumed_runs
)";

constexpr const char* kTrim = R"(
  DELETE FROM restart WHERE rowid IN
    (SELECT rowid FROM restart ORDER BY requested_at_ms DESC, rowid DESC LIMIT -1 OFFSET ?1)
)";

#define GW_RESTART_COLUMNS                                                                            \
  "id, mode, reason, outcome, failure, requesters, requested_at_ms, ended_at_ms, waited_ms, gap_ms, " \
  "cut_runs, from_version, to_version, resumed_runs FROM restart "

constexpr const char* kRecent =
    "SELECT " GW_RESTART_COLUMNS "ORDER BY requested_at_ms DESC, rowid DESC LIMIT ?1";
constexpr const char* kRecentBefore =
    "SELECT " GW_RESTART_COLUMNS
    "WHERE (requested_at_ms, rowid) < (SELECT requested_at_ms, rowid FROM restart WHERE id = ?2) "
    "ORDER BY requested_at_ms DESC, rowid DESC LIMIT ?1";

#undef GW_RESTART_COLUMNS

}  // namespace

RestartTable::RestartTable(Database& d)
    : save_(d, kSave), trim_(d, kTrim), recent_(d, kRecent), recent_before_(d, kRecentBefore) {}

Status RestartTable::prepare() {
  for (auto* one : {&save_, &trim_, &recent_, &recent_before_}) {
    if (auto ready = one->prepare(); !ready) return ready;
  }
  return {};
}

Status RestartTable::save(const RestartRecord& r) {
  const auto requesters = to_text(r.requesters);
  if (!requesters) return std::unexpected(requesters.error());
  auto saved =
      save_.run(r.id, r.mode, r.reason, r.outcome, r.failure, *requesters, r.requested_at, r.ended_at,
                r.waited_ms, r.gap_ms, r.cut_runs, r.from_version, r.to_version, r.resumed_runs);
  if (!saved) return saved;
  return trim_.run(kRestartsKept);
}

Result<std::vector<RestartRecord>> RestartTable::recent(std::size_t limit, std::string_view before) {
  auto rows = before.empty() ? recent_.query(limit) : recent_before_.query(limit, before);
  std::vector<RestartRecord> records;
  for (;;) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return records;
    auto requesters = to_array(rows.text(5));
    if (!requesters) return std::unexpected(requesters.error());
    records.push_back({.id = rows.text(0),
                       .mode = rows.text(1),
                       .reason = rows.text(2),
                       .outcome = rows.text(3),
                       .failure = rows.text(4),
                       .requesters = std::move(*requesters),
                       .requested_at = rows.millis(6),
                       .ended_at = rows.optional_millis(7),
                       .waited_ms = rows.integer(8),
                       .gap_ms = rows.integer(9),
                       .resumed_runs = rows.integer(13),
                       .cut_runs = rows.integer(10),
                       .from_version = rows.text(11),
                       .to_version = rows.text(12)});
  }
}

}  // namespace gw::store
