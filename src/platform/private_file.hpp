#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gw::platform {

/// Makes the directory with its parents, readable by its owner alone, unless it is there.
/// `Code::Unavailable` when that fails or when nothing can be written into it.
Status make_private_dir(const std::filesystem::path& dir);

/// Replaces `file` in one step by one that only its owner may read. `Code::Unavailable` when that fails.
Status write_private_file(const std::filesystem::path& file, std::string_view text);

/// Up to 1 KiB from the beginning of a file that has no size of its own, as those of the kernel; empty when
/// it cannot be read.
std::string read_file_start(const std::filesystem::path& file);

/// The text of a file of at most 1 MiB; nothing when it cannot be read.
std::optional<std::string> read_small_file(const std::filesystem::path& file);

}  // namespace gw::platform
