#include "platform/interrupt.hpp"

#include <csignal>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "platform/fd.hpp"

namespace gw::platform {
namespace {

class SignalInterrupt final : public Interrupt {
 public:
  SignalInterrupt(Fd fd, sigset_t before) : fd_(std::move(fd)), before_(before) {}
  ~SignalInterrupt() override {
    signalfd_siginfo info{};
    (void)::read(fd_.get(), &info,
                 sizeof info);  // Or the one that was pressed would end the process after all.
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

  bool wait(Millis limit) override {
    pollfd entry{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, static_cast<int>(limit.count())) > 0;
  }

 private:
  Fd fd_;
  sigset_t before_;
};

}  // namespace

Result<std::unique_ptr<Interrupt>> catch_interrupt() {
  sigset_t set;
  sigset_t before;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  Fd fd;
  if (::sigprocmask(SIG_BLOCK, &set, &before) == 0) fd = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return system_error(Code::Unavailable, "cannot catch Ctrl-C");
  return std::make_unique<SignalInterrupt>(std::move(fd), before);
}

}  // namespace gw::platform
