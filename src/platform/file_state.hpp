#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace gw::platform {

/// What there is to know of a file or directory without reading it.
struct FileState {
  bool is_there = false;     ///< A symbolic link that leads nowhere is not.
  bool is_link = false;      ///< Everything below is of what it leads to.
  unsigned owner = 0;        ///< Its user id.
  unsigned mode = 0;         ///< Permission bits.
  bool is_readable = false;  ///< By this process.
  bool is_writable = false;  ///< By this process.
  bool is_directory = false;
  bool is_file = false;  ///< A regular one: no pipe, no device.

  /// Whether its group or everybody may use it.
  bool is_open_to_others() const { return (mode & 077U) != 0; }
};

FileState file_state(const std::filesystem::path& file);

/// Takes every right from its group and from everybody else. `Code::Unavailable` when that fails.
Status make_private(const std::filesystem::path& file);

}  // namespace gw::platform
