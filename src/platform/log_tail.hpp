#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace gw::platform {

/// The answer of `logs.tail`.
struct LogTail {
  std::string file;
  std::int64_t cursor = 0;  ///< Byte offset behind the last whole line; pass it on to read what comes after.
  std::int64_t size = 0;    ///< Of the file, in bytes.
  std::vector<std::string> lines;
  bool truncated =
      false;  ///< Bytes between the given cursor (or the beginning) and the first line were left out.
  bool reset = false;  ///< The given cursor lay behind the end: the file is a new one.
  std::int64_t skipped_bytes = 0;
};

/// The newest whole lines of `file`: at most `limit`, from at most its last `bytes_max` bytes, and after
/// `cursor` when there is one. A missing file is an empty one. A line that is still being written is left for
/// the next call. `Code::Unavailable` when the file cannot be read.
Result<LogTail> tail(const std::filesystem::path& file, std::optional<std::int64_t> cursor, std::size_t limit,
                     std::size_t bytes_max);

/// The same of a file that is open; `file` only names it.
Result<LogTail> tail(int descriptor, const std::filesystem::path& file, std::optional<std::int64_t> cursor,
                     std::size_t limit, std::size_t bytes_max);

}  // namespace gw::platform
