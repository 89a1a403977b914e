#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "base/time.hpp"
#include "json/value.hpp"
#include "ports/work_store.hpp"

namespace gw {

/// One restart, from the request to what came of it. Kept across generations.
struct RestartRecord {
  std::string id;
  std::string mode;  ///< `safe`, `plain`, `wait` or `force`.
  std::string reason;
  std::string outcome;     ///< Empty while under way; `restarted`, `failed`, `cancelled`.
  std::string failure;     ///< Why it failed, for people.
  json::Array requesters;  ///< Who asked, the coalesced ones too: `{client, device, address, reason, atMs,
                           ///< sessionKey?}`.
  UnixMillis requested_at;
  std::optional<UnixMillis> ended_at;
  std::int64_t waited_ms = 0;     ///< From the request to the hand-over.
  std::int64_t gap_ms = 0;        ///< Nobody accepted connections for so long.
  std::int64_t resumed_runs = 0;  ///< Runs that the successor took up again.
  std::int64_t cut_runs = 0;  ///< Runs that were under way at the hand-over and begin again in the successor.
  std::string from_version;
  std::string to_version;
};

/// Something the gateway itself says in a session.
struct SessionNote {
  std::string session_key;
  std::string text;
  Message message;  ///< Its transcript row.
  UnixMillis at;
};

/// Call on the control thread; completions arrive there. Fails with `Code::Storage`.
class RestartStore {
 public:
  virtual ~RestartStore() = default;
  /// Inserts or replaces by id.
  virtual void save(RestartRecord record, Completion<void> done) = 0;
  /// Saves a restart that has ended and, in the same transaction, appends the notes to their transcripts:
  /// who asked is told once. A note for a session that does not exist is left out.
  virtual void finish(RestartRecord record, std::vector<SessionNote> notes, Completion<void> done) = 0;
  /// Newest first, at most `limit` of the 200 that are kept. `before`: only those older than the restart of
  /// that id, none when it is not on record; empty: from the newest on.
  virtual void recent(std::size_t limit, std::string before, Completion<std::vector<RestartRecord>> done) = 0;
};

}  // namespace gw
