#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "platform/fd.hpp"

namespace gw::platform {

inline constexpr int kFileBackupsMax = 5;           ///< `.bak`, `.bak.1` to `.bak.4`, as OpenClaw keeps them.
inline constexpr Millis kFileEditWaitLimit{5'000};  ///< For another program that edits the same file.

/// Keeps other programs that ask for the same directory waiting, until what this returns is closed or this
/// program ends. Nothing is written. `Code::Conflict` when another has it for longer than `limit`.
Result<Fd> lock_directory(const std::filesystem::path& dir, Millis limit);

/// One change of a file that people edit, too: read, then replaced in one step. Programs that change it this
/// way wait for each other. A symbolic link is followed, so that the link stays.
class FileEdit {
 public:
  /// Reads the file; its directory is made when it is missing. What an edit that was killed left beside it is
  /// removed. `Code::Conflict` when another program edits it
  /// for longer than the limit; `Code::Unavailable` when it is not a regular file of this user, cannot be
  /// read or written, or has more than `bytes_max` bytes.
  static Result<FileEdit> begin(const std::filesystem::path& file, std::size_t bytes_max);

  /// As it was found; nothing when there is no such file.
  const std::optional<std::string>& text() const { return text_; }

  /// Writes `text` in its place, readable by its owner alone, on the disk when this returns; what was
  /// there becomes `.bak`. Fails with `Code::Unavailable` and leaves everything as it was.
  Status replace(std::string_view text);

 private:
  FileEdit(std::filesystem::path file, Fd lock) : file_(std::move(file)), lock_(std::move(lock)) {}

  std::filesystem::path file_;
  Fd lock_;  // The directory, locked.
  std::optional<std::string> text_;
};

}  // namespace gw::platform
