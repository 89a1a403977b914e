#include "store/session_table.hpp"

namespace gw::store {
namespace {

#define GW_SESSION_COLUMNS \
  "key, id, agent_id, label, model, created_at_ms, updated_at_ms, message_count, last_state"

constexpr const char* kTouch = R"(
  UPDATE session SET updated_at_ms = ?2 WHERE key = ?1 RETURNING id
)";

// Not one statement with ON CONFLICT: its plan would look through all jobs for children of the key.
constexpr const char* kCreate = R"(
  INSERT INTO session (key, id, agent_id, created_at_ms, updated_at_ms) VALUES (?1, ?2, ?3, ?4, ?4)
)";

constexpr const char* kChange = R"(
  UPDATE session
     SET message_count = message_count + ?2, updated_at_ms = ?3, last_state = coalesce(?4, last_state),
         model = coalesce(?5, model), owner = coalesce(?6, owner)
   WHERE key = ?1
)";

constexpr const char* kFind = "SELECT " GW_SESSION_COLUMNS " FROM session WHERE key = ?1";

constexpr const char* kList =
    "SELECT " GW_SESSION_COLUMNS " FROM session ORDER BY updated_at_ms DESC, rowid DESC LIMIT ?1 OFFSET ?2";

constexpr const char* kCount = "SELECT count(*) FROM session";

constexpr const char* kSearch = "SELECT " GW_SESSION_COLUMNS
                                " FROM session WHERE key LIKE ?3 ESCAPE '\\' OR label LIKE ?3 ESCAPE '\\'"
                                " ORDER BY updated_at_ms DESC, rowid DESC LIMIT ?1 OFFSET ?2";

constexpr const char* kCountFound =
    R"(SELECT count(*) FROM session WHERE key LIKE ?1 ESCAPE '\' OR label LIKE ?1 ESCAPE '\')";

#undef GW_SESSION_COLUMNS

Session read_session(const Rows& rows) {
  return Session{.key = rows.text(0),
                 .id = rows.text(1),
                 .agent_id = rows.text(2),
                 .label = rows.text(3),
                 .model = rows.text(4),
                 .created_at = rows.millis(5),
                 .updated_at = rows.millis(6),
                 .message_count = rows.integer(7),
                 .last_state = rows.text(8)};
}

Result<std::vector<Session>> read_all(Rows& rows) {
  std::vector<Session> sessions;
  for (;;) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return sessions;
    sessions.push_back(read_session(rows));
  }
}

/// A LIKE pattern that finds `text` anywhere, letter by letter.
std::string pattern_of(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace

SessionTable::SessionTable(Database& d)
    : touch_(d, kTouch),
      create_(d, kCreate),
      change_(d, kChange),
      find_(d, kFind),
      list_(d, kList),
      count_(d, kCount),
      search_(d, kSearch),
      count_found_(d, kCountFound) {}

Status SessionTable::prepare() {
  for (auto* one : {&touch_, &create_, &change_, &find_, &list_, &count_, &search_, &count_found_}) {
    if (auto ready = one->prepare(); !ready) return ready;
  }
  return {};
}

Result<std::string> SessionTable::touch(const NewJob& job) {
  auto rows = touch_.query(job.session_key, job.accepted_at);
  const auto found = rows.next();
  if (!found) return std::unexpected(found.error());
  if (*found) {
    auto id = rows.text(0);
    if (const auto end = rows.next(); !end) return std::unexpected(end.error());
    return id;
  }
  auto created = create_.run(job.session_key, job.session_id, job.agent_id, job.accepted_at);
  if (!created) return std::unexpected(created.error());
  return job.session_id;
}

Status SessionTable::change(std::string_view key, const SessionChange& change) {
  return change_.run(key, change.appended, change.at, change.last_state, change.model, change.owner);
}

Result<std::optional<Session>> SessionTable::find(std::string_view key) {
  auto rows = find_.query(key);
  const auto found = rows.next();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  return read_session(rows);
}

Result<SessionPage> SessionTable::page(std::size_t limit, std::size_t offset, std::string_view search) {
  const auto pattern = pattern_of(search);
  auto counted = search.empty() ? count_.query() : count_found_.query(pattern);
  const auto total = counted.next();
  if (!total) return std::unexpected(total.error());

  auto rows = search.empty() ? list_.query(limit, offset) : search_.query(limit, offset, pattern);
  auto sessions = read_all(rows);
  if (!sessions) return std::unexpected(sessions.error());
  return SessionPage{.sessions = std::move(*sessions), .total = counted.integer(0)};
}

}  // namespace gw::store
