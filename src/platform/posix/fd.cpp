#include "platform/fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace gw::platform {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::unexpected<Error> system_error(Code code, const std::string& what) {
  const int number = errno;
  return fail(code, what + ": " + std::generic_category().message(number));
}

void hold_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is the one that is given out.
    if (::fcntl(fd, F_GETFD) == -1) (void)::open("/dev/null", O_RDONLY);
  }
}

Status set_inheritable(int fd, bool is_inheritable) {
  if (::fcntl(fd, F_SETFD, is_inheritable ? 0 : FD_CLOEXEC) != 0) {
    return system_error(Code::Unavailable, "cannot change a descriptor");
  }
  return {};
}

}  // namespace gw::platform
