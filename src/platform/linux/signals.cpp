#include "platform/signals.hpp"

#include <csignal>
#include <sys/signalfd.h>
#include <unistd.h>

#include "platform/fd.hpp"

namespace gw::platform {
namespace {

class SignalFd final : public Signals {
 public:
  explicit SignalFd(Fd fd) : fd_(std::move(fd)) {}

  int fd() const override { return fd_.get(); }

  std::optional<int> next() override {
    signalfd_siginfo info{};
    if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
  }

 private:
  Fd fd_;
};

}  // namespace

Result<std::unique_ptr<Signals>> catch_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) ::sigaddset(&set, number);
  ::signal(SIGPIPE, SIG_IGN);
  Fd fd;
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) == 0) fd = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return system_error(Code::Unavailable, "cannot catch signals");
  return std::make_unique<SignalFd>(std::move(fd));
}

}  // namespace gw::platform
