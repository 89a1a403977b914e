#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "store/sqlite.hpp"
#include "store/tables.hpp"

namespace gw::store {

/// A connection and its statements.
struct Connection {
  explicit Connection(std::unique_ptr<Database> d) : database(std::move(d)), tables(*database) {}

  std::unique_ptr<Database> database;
  Tables tables;
};

/// Opens the file for writing; creates it (mode 0600) or migrates it when needed. At most one such connection
/// may exist in all processes together: SQLite before 3.51.3 can lose commits when another one checkpoints.
/// Fails with `Code::Storage`; a new file may then be left behind empty.
Result<std::unique_ptr<Connection>> open_for_writing(const std::filesystem::path& file);

/// Opens the file for reading. Nothing when there is none yet or no schema in it.
/// Fails with `Code::Storage`, and with `Code::Unavailable` while the schema is older than this program's.
Result<std::unique_ptr<Connection>> open_for_reading(const std::filesystem::path& file);

/// What `open_for_writing` would refuse, found without writing. Fails with `Code::Storage`.
Status check_file(const std::filesystem::path& file);

}  // namespace gw::store
