#include "platform/memory_file.hpp"

#include <cerrno>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gw::platform {

Result<Fd> make_memory_file(std::string_view content) {
  Fd file(::memfd_create("openclaw", MFD_CLOEXEC));
  if (!file) return system_error(Code::Unavailable, "cannot make a memory file");
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(Code::Unavailable, "cannot write a memory file");
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return file;
}

Result<std::string> read_memory_file(int fd, std::size_t bytes_max) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return system_error(Code::Unavailable, "cannot read a memory file");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > bytes_max) return fail(Code::Unavailable, "a memory file is too long");
  std::string content(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const ssize_t count = ::pread(fd, content.data() + at, size - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(Code::Unavailable, "cannot read a memory file");
    if (count == 0) return fail(Code::Unavailable, "a memory file became shorter while it was read");
    at += static_cast<std::size_t>(count);
  }
  return content;
}

}  // namespace gw::platform
