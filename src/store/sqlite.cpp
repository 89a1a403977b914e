#include "store/sqlite.hpp"

#include <cerrno>
#include <system_error>

#include <sqlite3.h>

#include "base/check.hpp"

namespace gw::store {
namespace {

// How long a connection waits for a lock. Only another process that opens or recovers the file can hold one.
constexpr int kBusyWaitMs = 2'000;

std::string cause_of(int extended_code, int system_error, const char* text) {
  const bool no_space = system_error == ENOSPC || system_error == EDQUOT;
  switch (extended_code & 0xFF) {
    case SQLITE_FULL:
      return "the disk is full";
    case SQLITE_NOTADB:
      return "it is not a database; move the file away or restore a copy of it";
    case SQLITE_CORRUPT:
      return std::string("the database is damaged, restore a copy of it (") + text + ")";
    case SQLITE_READONLY:
      return "the file or its directory is read-only";
    case SQLITE_BUSY:
      return "another process holds the database";
    case SQLITE_IOERR:
      if (extended_code == SQLITE_IOERR_NOMEM) return "out of memory";
      if (no_space) return "the disk is full";
      [[fallthrough]];
    case SQLITE_CANTOPEN: {
      std::string cause = text;
      if (system_error != 0) cause += " (" + std::generic_category().message(system_error) + ")";
      return cause;
    }
    default:
      return text;
  }
}

int note_wal_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Mode mode) {
  std::unique_ptr<Database> database(new Database(file, mode));
  const int flags = (mode == Mode::Read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (sqlite3_open_v2(file.c_str(), &database->handle_, flags, nullptr) != SQLITE_OK) {
    return std::unexpected(database->error());
  }
  sqlite3* handle = database->handle_;
  sqlite3_busy_timeout(handle, kBusyWaitMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Replaces the automatic checkpoint, which would run before a commit returns. `PRAGMA wal_autocheckpoint`
  // would take the hook away again.
  if (mode == Mode::Write) sqlite3_wal_hook(handle, note_wal_pages, &database->wal_pages_);
  return database;
}

Database::~Database() {
  const int code = sqlite3_close(handle_);
  GW_CHECK(code == SQLITE_OK);  // Otherwise a statement outlived its database.
}

Status Database::run(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return std::unexpected(error());
  return {};
}

Result<std::int64_t> Database::integer(const char* sql) {
  Statement statement(*this, sql);
  auto rows = statement.query();
  const auto found = rows.next();
  if (!found) return std::unexpected(found.error());
  return rows.integer(0);
}

Result<std::string> Database::text(const char* sql) {
  Statement statement(*this, sql);
  auto rows = statement.query();
  const auto found = rows.next();
  if (!found) return std::unexpected(found.error());
  return rows.text(0);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
std::int64_t Database::changed_rows() const { return sqlite3_changes64(handle_); }
std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(handle_); }

Status Database::checkpoint(bool wait_for_readers) {
  const int mode = wait_for_readers ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(handle_, "main", mode, nullptr, nullptr);
  // A reader in the way is no failure: the next checkpoint copies the rest.
  if (code != SQLITE_OK && code != SQLITE_BUSY) return std::unexpected(error());
  return {};
}

void Database::checkpoint_on_close() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

Error Database::error() const {
  const int code = handle_ ? sqlite3_extended_errcode(handle_) : SQLITE_NOMEM;
  const char* text = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
  const std::string what =
      std::string(mode_ == Mode::Read ? "cannot read " : "cannot write ") + file_.string() + ": ";
  // A constraint guards an invariant between rows: the caller came too late or twice.
  const Code meaning = (code & 0xFF) == SQLITE_CONSTRAINT ? Code::Conflict : Code::Storage;
  return Error{meaning, what + cause_of(code, handle_ ? sqlite3_system_errno(handle_) : 0, text)};
}

std::vector<std::string> Database::prepared_sql() const {
  std::vector<std::string> all;
  for (auto* one = sqlite3_next_stmt(handle_, nullptr); one; one = sqlite3_next_stmt(handle_, one)) {
    all.emplace_back(sqlite3_sql(one));
  }
  return all;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Status Statement::prepare() {
  if (handle_) return {};
  return checked(
      sqlite3_prepare_v3(database_.handle_, sql_, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
}

Status Statement::checked(int code) const {
  if (code != SQLITE_OK) return std::unexpected(database_.error());
  return {};
}

Status Statement::bind(int index, std::int64_t value, Copy) {
  return checked(sqlite3_bind_int64(handle_, index, value));
}

Status Statement::bind(int index, std::string_view value, Copy copy) {
  // A null pointer would bind NULL instead of the empty text.
  const char* data = value.data() ? value.data() : "";
  return checked(sqlite3_bind_text64(handle_, index, data, value.size(),
                                     copy == Copy::Yes ? SQLITE_TRANSIENT : SQLITE_STATIC, SQLITE_UTF8));
}

Status Statement::bind_null(int index) { return checked(sqlite3_bind_null(handle_, index)); }

Status Statement::finish(Status bound) {
  Result<bool> more = true;
  while (bound && more && *more) more = step();
  if (bound && !more) bound = std::unexpected(std::move(more).error());
  reset();
  return bound;
}

Result<bool> Statement::step() {
  switch (sqlite3_step(handle_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return std::unexpected(database_.error());
  }
}

void Statement::reset() {
  if (!handle_) return;
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

Rows::~Rows() { statement_.reset(); }

Result<bool> Rows::next() {
  if (!bound_) return std::unexpected(bound_.error());
  return statement_.step();
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_.handle_, column); }

std::string Rows::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.handle_, column));
  if (!data) return {};
  return std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle_, column)));
}

std::optional<UnixMillis> Rows::optional_millis(int column) const {
  if (sqlite3_column_type(statement_.handle_, column) == SQLITE_NULL) return std::nullopt;
  return millis(column);
}

}  // namespace gw::store
