#include "platform/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace gw::platform {
namespace {

constexpr int kFirstFreeFd = 20;  // Above every number that a program is given.

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

/// Copies high above the target numbers, so that no target overwrites a source.
Result<std::vector<std::pair<Fd, int>>> lifted(const std::vector<std::pair<int, int>>& descriptors) {
  std::vector<std::pair<Fd, int>> copies;
  for (const auto& [from, to] : descriptors) {
    Fd copy(::fcntl(from, F_DUPFD_CLOEXEC, kFirstFreeFd));
    if (!copy && errno == EINVAL) errno = EMFILE;  // The limit lies below the number that was asked for.
    if (!copy) return system_error(Code::Unavailable, "cannot copy a descriptor");
    copies.emplace_back(std::move(copy), to);
  }
  return copies;
}

struct FileActions {
  FileActions() { ::posix_spawn_file_actions_init(&value); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&value); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t value{};
};

struct Attributes {
  Attributes() {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&value);
    ::posix_spawnattr_setsigmask(&value, &none);
    ::posix_spawnattr_setsigdefault(&value, &all);
    ::posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t value{};
};

/// Puts each copy to its number and closes everything else above standard error, also what our own parent
/// left open.
void add_descriptors(posix_spawn_file_actions_t& actions, const std::vector<std::pair<Fd, int>>& copies) {
  int next = STDERR_FILENO + 1;
  for (const auto& [from, to] : copies) {
    ::posix_spawn_file_actions_adddup2(&actions, from.get(), to);
    next = std::max(next, to + 1);
  }
  for (int fd = STDERR_FILENO + 1; fd < next; ++fd) {
    const bool is_given =
        std::any_of(copies.begin(), copies.end(), [&](const auto& c) { return c.second == fd; });
    if (!is_given) ::posix_spawn_file_actions_addclose(&actions, fd);
  }
  ::posix_spawn_file_actions_addclosefrom_np(&actions, next);
}

ExitReport report_of(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return {"was killed by " + signal_name(number), 128 + number};
  }
  const int code = WEXITSTATUS(status);
  return {"exited with code " + std::to_string(code), code};
}

}  // namespace

Result<ChildProcess> ChildProcess::spawn(const ProgramCall& call) {
  auto copies = lifted(call.descriptors);
  if (!copies) return std::unexpected(std::move(copies).error());
  FileActions actions;
  ::posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  add_descriptors(actions.value, *copies);
  const Attributes attributes;
  const std::vector<char*> arguments = pointers(call.arguments);
  const std::vector<char*> environment = pointers(call.environment);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, call.program.c_str(), &actions.value, &attributes.value,
                                  arguments.data(), environment.data());
  if (error != 0) {
    return fail(Code::Unavailable,
                "cannot start " + call.program.string() + ": " + std::generic_category().message(error));
  }
  Fd exit_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!exit_fd) {
    const auto failure = system_error(Code::Unavailable, "cannot watch a child process");
    (void)ChildProcess(pid, Fd());  // Ends it.
    return failure;
  }
  return ChildProcess(pid, std::move(exit_fd));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_fd_(std::move(other.exit_fd_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(exit_fd_, other.exit_fd_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  kill();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<ExitReport> ChildProcess::reap() {
  int status = 0;
  if (pid_ < 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return report_of(status);
}

void ChildProcess::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

Error replace_this_process(const ProgramCall& call) {
  auto copies = lifted(call.descriptors);
  if (!copies) return copies.error();
  for (const auto& [from, to] : *copies) {
    if (::dup2(from.get(), to) < 0)
      return system_error(Code::Unavailable, "cannot pass a descriptor").error();
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(call.program.c_str(), pointers(call.arguments).data(), pointers(call.environment).data());
  return system_error(Code::Unavailable, "cannot start " + call.program.string()).error();
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name ? std::string("SIG") + name : "signal " + std::to_string(number);
}

}  // namespace gw::platform
