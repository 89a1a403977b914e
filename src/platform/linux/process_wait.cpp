#include "platform/process_wait.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/fd.hpp"

namespace gw::platform {

Status signal_and_wait(const ProcessIdentity& process, int signal, Millis limit) {
  const Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  // Compared after it was opened: the descriptor stays with that process, whoever gets the number later.
  const auto now = identity_of(process.pid);
  if (!fd || !now || now->start_time != process.start_time || now->boot_id != process.boot_id) return {};
  if (::syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0) != 0 && errno != ESRCH) {
    return system_error(errno == EPERM ? Code::Unauthorized : Code::Unavailable,
                        "cannot signal process " + std::to_string(process.pid));
  }
  pollfd entry{.fd = fd.get(), .events = POLLIN, .revents = 0};
  if (::poll(&entry, 1, static_cast<int>(limit.count())) > 0) return {};
  return fail(Code::TimedOut, "process " + std::to_string(process.pid) + " still runs after " +
                                  std::to_string(limit.count() / 1000) + " s");
}

}  // namespace gw::platform
