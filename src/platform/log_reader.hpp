#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "platform/fd.hpp"

namespace gw::platform {

/// The most that is read of a log at once; older bytes are left out.
inline constexpr std::size_t kLogReadBytesMax = 16'777'216;

/// The files of one log in the order of their lines: the one that is written to is the last. `file` is the
/// configured one, with its rotations; empty: the dated files of `directory`, with theirs.
std::vector<std::filesystem::path> log_files(const std::filesystem::path& directory,
                                             const std::filesystem::path& file);

/// Reads a log that others write, through rotations and changes of the date. Nothing need exist yet.
class LogReader {
 public:
  LogReader(std::filesystem::path directory, std::filesystem::path file)
      : directory_(std::move(directory)), file_(std::move(file)) {}

  /// The newest `limit` lines that `keep` wants, the oldest first, out of the last `kLogReadBytesMax` bytes.
  /// Reading goes on behind them. `Code::Unavailable` when a file cannot be read.
  Result<std::vector<std::string>> newest(std::size_t limit,
                                          const std::function<bool(std::string_view)>& keep);

  /// The whole lines that were written since. `Code::Unavailable` when a file cannot be read.
  Result<std::vector<std::string>> next();

  /// The file that was read last; empty before there is one.
  const std::filesystem::path& current() const { return current_; }
  /// The offset in it, in bytes, behind the last whole line.
  std::int64_t cursor() const { return cursor_; }

 private:
  Status open(const std::filesystem::path& path);
  Status read_into(std::vector<std::string>& lines);

  std::filesystem::path directory_;
  std::filesystem::path file_;
  std::filesystem::path current_;
  Fd fd_;  // Of current_ when it was opened: the file stays the same when its name moves on.
  std::int64_t cursor_ = 0;
};

}  // namespace gw::platform
