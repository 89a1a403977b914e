#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace gw::store {

class Database;

/// Marks the file as ours (`PRAGMA application_id`): the letters `oclw`.
inline constexpr std::int64_t kApplicationId = 0x6f636c77;

/// The changes that lead from an empty file to the present schema. Number n (from 1) leads to
/// `PRAGMA user_version` n. One that was released is never edited; docs/database.md describes the tables.
std::span<const char* const> migrations();

/// The version that this program reads and writes.
std::int64_t schema_version();

/// What is in a file that could be opened.
struct Contents {
  bool is_empty = false;     ///< No table yet, and nobody's mark.
  std::int64_t version = 0;  ///< Of a file of ours.
};

/// Fails with `Code::Storage` for damaged and foreign files and for schemas newer than `newest`.
Result<Contents> inspect(Database& database, std::int64_t newest);

/// Brings the schema to the last of `steps`, all in one transaction; does nothing when it is there already.
/// Returns how many steps were made. After a failure the file is as it was.
Result<int> migrate(Database& database, std::span<const char* const> steps);

}  // namespace gw::store
