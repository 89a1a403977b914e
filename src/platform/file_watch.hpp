#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"

namespace gw::platform {

/// Notices that files by some names were written, replaced, removed or appeared. Watches their directories,
/// so that a file put in place by a rename is noticed, and a missing one may come.
class FileWatch {
 public:
  virtual ~FileWatch() = default;
  /// `Code::Unavailable` when its directory cannot be watched. Symbolic links are not followed.
  virtual Status add(const std::filesystem::path& file) = 0;
  /// Becomes readable when something happened in one of the directories.
  virtual int fd() const = 0;
  /// Reads what happened; true when it concerns one of the files. More than the system remembers counts as
  /// such.
  virtual bool has_changed() = 0;
};

Result<std::unique_ptr<FileWatch>> watch_files();

}  // namespace gw::platform
