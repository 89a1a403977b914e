#include "store/restart_table.hpp"

#include "store/json_text.hpp"

namespace gw::store {
namespace {

// What `openclaw gateway restart history` can show at most.
constexpr int kRestartsKept = 200;

constexpr const char* kSave = R"(
  INSERT INTO restart (id, mode, reason, outcome, failure, requesters, requested_at_ms, ended_at_ms,
                       waited_ms, gap_ms, cut_runs, from_version, to_version)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
  ON CONFLICT (id) DO UPDATE
     SET mode = excluded.mode, reason = excluded.reason, outcome = excluded.outcome,
         failure = excluded.failure, requesters = excluded.requesters,
         requested_at_ms = excluded.requested_at_ms, ended_at_ms = excluded.ended_at_ms,
         waited_ms = excluded.waited_ms, gap_ms = excluded.gap_ms,
         cut_runs = excluded.cut_runs, from_version = excluded.from_version, to_version = excluded.to_version
)";

constexpr const char* kTrim = R"(
  DELETE FROM restart WHERE rowid IN
    (SELECT rowid FROM restart ORDER BY requested_at_ms DESC, rowid DESC LIMIT -1 OFFSET ?1)
)";

constexpr const char* kRecent = R"(
  SELECT id, mode, reason, outcome, failure, requesters, requested_at_ms, ended_at_ms, waited_ms, gap_ms,
         cut_runs, from_version, to_version
    FROM restart ORDER BY requested_at_ms DESC, rowid DESC LIMIT ?1
)";

}  // namespace

RestartTable::RestartTable(Database& d) : save_(d, kSave), trim_(d, kTrim), recent_(d, kRecent) {}

Status RestartTable::prepare() {
  for (auto* one : {&save_, &trim_, &recent_}) {
    if (auto ready = one->prepare(); !ready) return ready;
  }
  return {};
}

Status RestartTable::save(const RestartRecord& r) {
  const auto requesters = to_text(r.requesters);
  if (!requesters) return std::unexpected(requesters.error());
  auto saved = save_.run(r.id, r.mode, r.reason, r.outcome, r.failure, *requesters, r.requested_at,
                         r.ended_at, r.waited_ms, r.gap_ms, r.cut_runs, r.from_version, r.to_version);
  if (!saved) return saved;
  return trim_.run(kRestartsKept);
}

Result<std::vector<RestartRecord>> RestartTable::recent(std::size_t limit) {
  auto rows = recent_.query(limit);
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
                       .cut_runs = rows.integer(10),
                       .from_version = rows.text(11),
                       .to_version = rows.text(12)});
  }
}

}  // namespace gw::store
