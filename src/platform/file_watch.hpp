#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"

namespace gw::platform {

/// Notices that files by some names were written, replaced, removed or appeared. Watches their directories,
/// so that a file put in place by a rename is noticed, and a missing one may come; and the symbolic links on
/// the way to them, so that one that leads elsewhere is noticed too.
class FileWatch {
 public:
  virtual ~FileWatch() = default;
  /// Where directories are missing, the first of them is waited for. `Code::Unavailable` when nothing can be
  /// watched.
  virtual Status add(const std::filesystem::path& file) = 0;
  /// Becomes readable when something happened in one of the directories.
  virtual int fd() const = 0;
  /// Reads what happened; true when it concerns one of the files. More than the system remembers counts as
  /// such.
  virtual bool has_changed() = 0;
  /// A link or a directory on the way has changed since `add`: a new watch has to be made.
  virtual bool is_stale() const = 0;
};

Result<std::unique_ptr<FileWatch>> watch_files();

}  // namespace gw::platform
