#include "store/opening.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

#include "store/schema.hpp"

namespace gw::store {
namespace {

// 512 KiB of pages for each connection: an idle gateway stays small, and the tables' upper levels fit.
// Checkpoints are ours (writer.cpp). `fullfsync` matters where a plain fsync stops at the drive's cache.
constexpr const char* kWriterPragmas = R"(
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA foreign_keys = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -512;
  PRAGMA mmap_size = 0;
  PRAGMA journal_size_limit = 8388608;
)";

constexpr const char* kReaderPragmas = R"(
  PRAGMA query_only = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -512;
  PRAGMA mmap_size = 0;
)";

std::unexpected<Error> refuse(const std::filesystem::path& file, const std::string& cause) {
  return fail(Code::Storage, "cannot use " + file.string() + ": " + cause);
}

std::string system_text(int number) { return std::generic_category().message(number); }

/// Makes an empty file that only its owner can read. SQLite gives its companions the same mode.
/// An existing file is not opened: closing it would drop SQLite's locks on it in this process.
Status create_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) {
    ::close(descriptor);
    return {};
  }
  if (errno == EEXIST) return {};
  return fail(Code::Storage, "cannot create " + file.string() + ": " + system_text(errno));
}

Status check_directory(const std::filesystem::path& file) {
  const auto directory = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return refuse(file, directory.string() + " is not a directory; create it or set another state directory");
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return refuse(file, "no writing in " + directory.string() + " (" + system_text(errno) +
                            "); change its owner or mode");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Connection>> open_for_writing(const std::filesystem::path& file) {
  if (auto created = create_private(file); !created) return std::unexpected(created.error());
  auto database = Database::open(file, Database::Mode::Write);
  if (!database) return std::unexpected(database.error());

  // Looked at before anything is set: a foreign file must stay as it is.
  const auto contents = inspect(**database, schema_version());
  if (!contents) return std::unexpected(contents.error());
  if (auto set = (*database)->run(kWriterPragmas); !set) return std::unexpected(set.error());
  const auto journal = (*database)->text("PRAGMA journal_mode = WAL");
  if (!journal) return std::unexpected(journal.error());
  if (*journal != "wal") return refuse(file, "its file system has no shared memory; use a local one");
  if (auto migrated = migrate(**database, migrations()); !migrated) return std::unexpected(migrated.error());
  return std::make_unique<Connection>(std::move(*database));
}

Result<std::unique_ptr<Connection>> open_for_reading(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    if (!error) return nullptr;
    return refuse(file, error.message());
  }
  auto database = Database::open(file, Database::Mode::Read);
  if (!database) return std::unexpected(database.error());
  if (auto set = (*database)->run(kReaderPragmas); !set) return std::unexpected(set.error());
  const auto contents = inspect(**database, schema_version());
  if (!contents) return std::unexpected(contents.error());
  if (contents->is_empty) return nullptr;
  if (contents->version < schema_version()) {
    return fail(Code::Unavailable, "the database " + file.string() + " is about to be upgraded");
  }
  return std::make_unique<Connection>(std::move(*database));
}

Status check_file(const std::filesystem::path& file) {
  if (auto directory = check_directory(file); !directory) return directory;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  if (!std::filesystem::is_regular_file(file, error))
    return refuse(file, "it is not a regular file; move it away");
  if (::access(file.c_str(), R_OK | W_OK) != 0) {
    return refuse(file, system_text(errno) + "; change its owner or mode");
  }
  auto reader = open_for_reading(file);
  if (!reader) {
    // An older schema is upgraded by open_for_writing, so it is no obstacle.
    if (reader.error().code == Code::Unavailable) return {};
    return std::unexpected(reader.error());
  }
  if (!*reader) return {};
  // Version and mark are right; a table or column that is missing shows here.
  if (auto ready = (*reader)->tables.prepare(); !ready) return ready;
  return {};
}

}  // namespace gw::store
