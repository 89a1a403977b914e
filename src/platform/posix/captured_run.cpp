#include "platform/captured_run.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <poll.h>
#include <unistd.h>

#include "platform/child_process.hpp"
#include "platform/clock.hpp"
#include "platform/memory_file.hpp"

namespace gw::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadBytes = 16'384;

std::string variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
  }
  return {};
}

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<fs::path> found(const CapturedCall& call) {
  if (call.program.find('/') != std::string::npos) {
    return is_program(call.program) ? std::optional<fs::path>(call.program) : std::nullopt;
  }
  const std::string all = variable(call.environment, "PATH");
  for (std::size_t start = 0; start <= all.size();) {
    const std::size_t end = std::min(all.find(':', start), all.size());
    // An empty entry would mean the working directory, which may be anybody's.
    if (end > start && is_program(fs::path(all.substr(start, end - start)) / call.program)) {
      return fs::path(all.substr(start, end - start)) / call.program;
    }
    start = end + 1;
  }
  return std::nullopt;
}

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(Code::Unavailable, "cannot make a pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// Reads what there is. False at the end of the stream.
Result<bool> read_some(Fd& from, std::string& into, std::size_t bytes_max) {
  std::array<char, kReadBytes> buffer{};
  const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return true;
  if (count < 0) return system_error(Code::Unavailable, "cannot read its output");
  if (count == 0) return false;
  into.append(buffer.data(), static_cast<std::size_t>(count));
  if (into.size() > bytes_max) {
    return fail(Code::Unavailable, "it wrote more than " + std::to_string(bytes_max) + " bytes");
  }
  return true;
}

/// Waits until one of them has something to say; false when the time is over.
bool wait_for(std::array<pollfd, 3>& entries, Instant deadline) {
  while (true) {
    const Millis left = std::chrono::ceil<Millis>(deadline - now());
    if (left <= Millis{0}) return false;
    const int ready = ::poll(entries.data(), entries.size(), static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// Until both streams have ended and the process has, too: one that lives on without its streams is waited
/// for.
Result<CapturedRun> collect(ChildProcess child, Fd out, Fd err, const CapturedCall& call) {
  CapturedRun run;
  const Instant deadline = now() + call.limit;
  const Millis quiet_limit = call.quiet_limit > Millis{0} ? call.quiet_limit : call.limit;
  Instant quiet_until = now() + quiet_limit;
  bool has_ended = false;
  while (out || err || !has_ended) {
    std::array<pollfd, 3> entries{pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0},
                                  pollfd{has_ended ? -1 : child.exit_fd(), POLLIN, 0}};
    if (!wait_for(entries, std::min(deadline, quiet_until))) {
      const bool is_quiet = quiet_until < deadline;
      return fail(Code::TimedOut, (is_quiet ? "no output for " : "no end within ") +
                                      std::to_string((is_quiet ? quiet_limit : call.limit).count()) + " ms");
    }
    for (auto [entry, stream, into] :
         {std::tuple{&entries[0], &out, &run.out}, std::tuple{&entries[1], &err, &run.err}}) {
      if (entry->revents == 0) continue;
      quiet_until = now() + quiet_limit;
      const auto more = read_some(*stream, *into, call.output_bytes_max);
      if (!more) return std::unexpected(more.error());
      if (!*more) stream->reset();
    }
    if (entries[2].revents == 0) continue;
    if (const auto report = child.reap()) {
      run.exit_code = report->code;
      has_ended = true;
    }
  }
  return run;
}

}  // namespace

Result<CapturedRun> run_captured(const CapturedCall& call) {
  const auto program = found(call);
  if (!program) return fail(Code::NotFound, call.program + " was not found");
  auto input = make_memory_file(call.input);
  if (!input) return std::unexpected(std::move(input).error());
  ::lseek(input->get(), 0, SEEK_SET);
  auto out = make_pipe();
  auto err = make_pipe();
  if (!out || !err) return std::unexpected((out ? err : out).error());
  ProgramCall spawned{
      .program = *program, .arguments = {call.program}, .environment = call.environment, .descriptors = {}};
  spawned.arguments.insert(spawned.arguments.end(), call.arguments.begin(), call.arguments.end());
  spawned.descriptors = {
      {input->get(), STDIN_FILENO}, {out->write.get(), STDOUT_FILENO}, {err->write.get(), STDERR_FILENO}};
  auto child = ChildProcess::spawn(spawned);
  if (!child) return std::unexpected(std::move(child).error());
  out->write.reset();
  err->write.reset();
  auto run = collect(*std::move(child), std::move(out->read), std::move(err->read), call);
  if (!run) return fail(run.error().code, call.program + ": " + run.error().message);
  return run;
}

}  // namespace gw::platform
