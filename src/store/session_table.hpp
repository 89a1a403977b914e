#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/work_store.hpp"
#include "store/sqlite.hpp"

namespace gw::store {

/// What a write changes on its session; nothing means unchanged.
struct SessionChange {
  std::int64_t appended = 0;  ///< Messages.
  UnixMillis at;
  std::optional<std::string> last_state;
  std::optional<std::string> model;
  std::optional<std::string> owner;
};

class SessionTable {
 public:
  explicit SessionTable(Database& database);

  Status prepare();
  /// Creates the session or marks an existing one as used at `at`. Returns the id it has now.
  Result<std::string> touch(const NewJob& job);
  Status change(std::string_view key, const SessionChange& change);
  Result<std::optional<Session>> find(std::string_view key);
  /// Latest first. `search` is looked for in key and label, ASCII letters in either case; empty finds all.
  Result<SessionPage> page(std::size_t limit, std::size_t offset, std::string_view search);

 private:
  Statement touch_, create_, change_, find_, list_, count_, search_, count_found_;
};

}  // namespace gw::store
