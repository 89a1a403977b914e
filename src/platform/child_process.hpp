#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "platform/fd.hpp"

namespace gw::platform {

struct ProgramCall {
  std::filesystem::path program;
  std::vector<std::string> arguments;    ///< With the name of the program first.
  std::vector<std::string> environment;  ///< `NAME=value`, all of it.
  std::vector<std::pair<int, int>>
      descriptors;  ///< Ours and its number there; 0, 1 and 2 are added by `spawn`.
};

/// How a process ended.
struct ExitReport {
  std::string text;  ///< `exited with code 3`, `was killed by SIGKILL`.
  int code = 0;      ///< As a shell counts: 128 and the number of the signal.
};

/// A child that was started and is always reaped: destroying a living one kills it.
class ChildProcess {
 public:
  /// Starts it with signals as they are by default, standard input from /dev/null, our standard output and
  /// error, and no other descriptor than those named. `Code::Unavailable` says what is wrong with the
  /// program.
  static Result<ChildProcess> spawn(const ProgramCall& call);

  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) noexcept;
  ~ChildProcess();

  int pid() const { return pid_; }
  /// Becomes readable when the process has ended.
  int exit_fd() const { return exit_fd_.get(); }
  /// How it ended, once; nothing while it runs.
  std::optional<ExitReport> reap();
  /// SIGKILL. Harmless when it has ended already.
  void kill();

 private:
  ChildProcess(int pid, Fd exit_fd) : pid_(pid), exit_fd_(std::move(exit_fd)) {}

  int pid_ = -1;  // -1: reaped or moved from.
  Fd exit_fd_;
};

/// Becomes another program, which gets the descriptors named (at their new numbers), 0, 1 and 2, and those
/// that were made inheritable. Returns only when that failed.
Error replace_this_process(const ProgramCall& call);

/// `SIGTERM` and so on; `signal 40` for a number without a name.
std::string signal_name(int number);

}  // namespace gw::platform
