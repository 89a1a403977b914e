#include "platform/file_state.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "platform/fd.hpp"

namespace gw::platform {

FileState file_state(const std::filesystem::path& file) {
  FileState state;
  struct stat info{};
  state.is_link = ::lstat(file.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
  if (::stat(file.c_str(), &info) != 0) return state;
  state.is_there = true;
  state.is_directory = S_ISDIR(info.st_mode);
  state.is_file = S_ISREG(info.st_mode);
  state.owner = info.st_uid;
  state.mode = info.st_mode & 07777U;
  state.is_readable = ::access(file.c_str(), R_OK) == 0;
  state.is_writable = ::access(file.c_str(), W_OK) == 0;
  return state;
}

Status make_private(const std::filesystem::path& file) {
  struct stat info{};
  if (::stat(file.c_str(), &info) != 0 || ::chmod(file.c_str(), info.st_mode & 0700U) != 0) {
    return system_error(Code::Unavailable, "cannot change the mode of " + file.string());
  }
  return {};
}

}  // namespace gw::platform
