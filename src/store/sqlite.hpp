#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace gw::store {

/// One connection to a database file. Used by one thread at a time.
///
/// Messages of its errors name the file and the cause, for people: `cannot write /x/y.db: the disk is full`.
class Database {
 public:
  enum class Mode {
    Read,   ///< Never writes; sees what others have committed.
    Write,  ///< The file must exist.
  };

  /// Fails with `Code::Storage`. Closing never checkpoints, see `checkpoint_on_close`.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::filesystem::path& file() const { return file_; }

  /// Runs statements that return nothing of interest: pragmas, transactions, schemas.
  Status run(const char* sql);
  /// The first column of the only row of `sql`.
  Result<std::int64_t> integer(const char* sql);
  Result<std::string> text(const char* sql);

  /// False after SQLite has rolled a transaction back by itself.
  bool in_transaction() const;
  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t changed_rows() const;
  std::int64_t last_insert_id() const;

  /// Length of the write-ahead log after the newest commit on this connection, in pages.
  int wal_pages() const { return wal_pages_; }
  /// Copies the write-ahead log into the database. `wait_for_readers` also makes the log start over.
  Status checkpoint(bool wait_for_readers);
  /// For a stop without a successor: the last connection then leaves a single file.
  void checkpoint_on_close();

  /// What the newest failed call on this connection means.
  Error error() const;
  /// The SQL of every statement that is prepared now.
  std::vector<std::string> prepared_sql() const;

 private:
  friend class Statement;

  Database(std::filesystem::path file, Mode mode) : file_(std::move(file)), mode_(mode) {}

  std::filesystem::path file_;
  Mode mode_;
  sqlite3* handle_ = nullptr;
  int wal_pages_ = 0;
};

class Rows;

/// One SQL statement, prepared at its first use and kept. Parameters are numbered ?1, ?2 … in the SQL.
class Statement {
 public:
  /// `sql` must be a literal and `database` must outlive the statement.
  Statement(Database& database, const char* sql) : database_(database), sql_(sql) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Status prepare();

  /// Runs to the end; rows are dropped.
  template <typename... Args>
  Status run(const Args&... args) {
    if (auto ready = prepare(); !ready) return ready;
    Status bound;
    int index = 0;
    ((bound = bound ? bind(++index, args, Copy::No) : std::move(bound)), ...);
    return finish(std::move(bound));
  }

  /// Starts reading rows. The statement must not be used again before the rows are gone.
  template <typename... Args>
  Rows query(const Args&... args);

 private:
  friend class Rows;
  enum class Copy { No, Yes };

  Status bind(int index, std::int64_t value, Copy copy);
  Status bind(int index, std::string_view value, Copy copy);
  Status bind(int index, UnixMillis value, Copy copy) { return bind(index, value.value, copy); }
  Status bind(int index, std::integral auto value, Copy copy) {
    return bind(index, static_cast<std::int64_t>(value), copy);
  }
  template <typename T>
  Status bind(int index, const std::optional<T>& value, Copy copy) {
    return value ? bind(index, *value, copy) : bind_null(index);
  }
  Status bind_null(int index);
  Status checked(int code) const;
  Status finish(Status bound);
  Result<bool> step();
  void reset();

  Database& database_;
  const char* sql_;
  sqlite3_stmt* handle_ = nullptr;
};

/// The rows of one query. Ends the query when destroyed, so that no snapshot or lock is held longer than
/// needed.
class Rows {
 public:
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  /// Moves to the next row, at first to the first one. False at the end.
  Result<bool> next();

  // Columns are counted from 0. Null reads as 0, empty or nothing.
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  UnixMillis millis(int column) const { return UnixMillis{integer(column)}; }
  std::optional<UnixMillis> optional_millis(int column) const;

 private:
  friend class Statement;
  Rows(Statement& statement, Status bound) : statement_(statement), bound_(std::move(bound)) {}

  Statement& statement_;
  Status bound_;
};

template <typename... Args>
Rows Statement::query(const Args&... args) {
  Status bound = prepare();
  int index = 0;
  // The arguments may be gone before the first row is read, so texts are copied.
  ((bound = bound ? bind(++index, args, Copy::Yes) : std::move(bound)), ...);
  return Rows(*this, std::move(bound));
}

}  // namespace gw::store
