#include "store/boot_table.hpp"

namespace gw::store {
namespace {

constexpr std::int64_t kKeptMs = 86'400'000;

// A generation that serves again after a failed hand-over has the id of its first time.
constexpr const char* kInsert = R"(
  INSERT INTO boot (id, generation, version, started_at_ms) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (id) DO UPDATE SET started_at_ms = excluded.started_at_ms, ended_at_ms = NULL, outcome = ''
)";

constexpr const char* kTrim = "DELETE FROM boot WHERE started_at_ms < ?1";

constexpr const char* kUnclean = R"(
  SELECT started_at_ms FROM boot WHERE ended_at_ms IS NULL AND started_at_ms >= ?1 AND id <> ?2
)";

constexpr const char* kEnd = "UPDATE boot SET ended_at_ms = ?2, outcome = ?3 WHERE id = ?1";

}  // namespace

BootTable::BootTable(Database& d)
    : insert_(d, kInsert), trim_(d, kTrim), unclean_(d, kUnclean), end_(d, kEnd) {}

Status BootTable::prepare() {
  for (auto* one : {&insert_, &trim_, &unclean_, &end_}) {
    if (auto ready = one->prepare(); !ready) return ready;
  }
  return {};
}

Result<std::vector<UnixMillis>> BootTable::begin(const Boot& boot) {
  if (auto done = insert_.run(boot.id, boot.generation, boot.version, boot.started_at); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = trim_.run(boot.started_at.value - kKeptMs); !done) return std::unexpected(done.error());
  auto rows = unclean_.query(boot.started_at.value - kKeptMs, boot.id);
  std::vector<UnixMillis> starts;
  for (;;) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return starts;
    starts.push_back(rows.millis(0));
  }
}

Status BootTable::end(std::string_view id, std::string_view outcome, UnixMillis at) {
  return end_.run(id, at, outcome);
}

}  // namespace gw::store
