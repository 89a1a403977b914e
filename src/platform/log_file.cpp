#include "platform/log_file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gw::platform {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr int kRotationAttemptsMax = 20;
constexpr Millis kRotationWait{1};  // For another process that is rotating, which takes it microseconds.

std::string text_of(int error) { return std::error_code(error, std::generic_category()).message(); }

UnixMillis system_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<Millis>(now).count()};
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::string file_name(UnixMillis at) {
  const auto seconds = static_cast<std::time_t>(at.value / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  (void)std::strftime(text, sizeof text, "openclaw-%Y-%m-%d.log", &local);
  return text;
}

// Makes `directory` and what is missing above it, open to nobody else. An errno, or 0.
int make_directories(const fs::path& directory) {
  if (::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT || !directory.has_relative_path()) return errno;
  if (const int error = make_directories(directory.parent_path()); error != 0) return error;
  return ::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST ? 0 : errno;
}

// The device may come back: no space, no descriptors, no directory for a moment. Anything else will not go
// away.
bool may_pass(int error) {
  return error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE || error == ENOENT ||
         error == EINTR;
}

}  // namespace

bool is_dated_log(std::string_view name) {
  constexpr std::string_view kShape = "openclaw-dddd-dd-dd.log";
  if (name.size() == kShape.size() + 2 && name[kShape.size()] == '.') name.remove_suffix(2);
  if (name.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool digit = name[i] >= '0' && name[i] <= '9';
    if (i >= 9 && kShape[i] == 'd' ? !digit : name[i] != kShape[i]) return false;
  }
  return true;
}

LogFile::LogFile(LogFileOptions options)
    : options_(std::move(options)),
      host_(host_name()),
      console_(options_.console),
      throttle_(options_.lines_at_once) {
  form_.style = options_.console_style;
  form_.colour = options_.colour && console_ >= 0 && ::isatty(console_) == 1;
  form_.journal = options_.console_is_journal;
  const UnixMillis now = options_.now ? options_.now() : system_now();
  path_ = path_at(now);
  open_file();
  remove_old_files(now);
}

LogFile::~LogFile() { close_file(); }

void LogFile::write(LogLevel level, std::string_view subsystem, std::string_view message,
                    std::initializer_list<LogField> fields) {
  const std::lock_guard lock(mutex_);
  const bool for_file = level >= options_.level;
  const bool for_console = level >= options_.console_level;
  if (!for_file && !for_console) return;
  LogEvent event = event_of(level, subsystem, message, fields);
  // Who asks for debug lines wants all of them; their files are bounded all the same.
  if (level != LogLevel::Debug) {
    const auto omitted = throttle_.admit(subsystem, message, event.at);
    if (!omitted) return;
    event.omitted = *omitted;
  }
  if (for_file && to_file_) append(event.at, json_log_line(event));
  if (for_console) print(event);
}

LogEvent LogFile::event_of(LogLevel level, std::string_view subsystem, std::string_view message,
                           std::initializer_list<LogField> fields) const {
  return {options_.now ? options_.now() : system_now(),
          level,
          subsystem,
          message,
          fields,
          host_,
          &options_.masks};
}

void LogFile::change(const LogFileOptions& wanted) {
  const std::lock_guard lock(mutex_);
  options_.level = wanted.level;
  options_.console_level = wanted.console_level;
  options_.masks = wanted.masks;
  options_.bytes_max = wanted.bytes_max;
  form_.style = wanted.console_style;
  if (options_.file == wanted.file) return;
  options_.file = wanted.file;
  to_file_ = true;  // Another file, another chance.
  close_file();     // The next line opens the other one.
  path_ = path_at(options_.now ? options_.now() : system_now());
}

fs::path LogFile::current_file() const {
  const std::lock_guard lock(mutex_);
  return to_file_ ? path_ : fs::path();
}

fs::path LogFile::path_at(UnixMillis at) const {
  return options_.file.empty() ? options_.directory / file_name(at) : options_.file;
}

void LogFile::append(UnixMillis at, std::string_view line) {
  if (fs::path path = path_at(at); path != path_) {
    close_file();
    path_ = std::move(path);
    remove_old_files(at);
  }
  if (descriptor_ < 0 || !is_in_place()) open_file();
  // Closes a line that a full disk has cut; for readers the cut one is a damaged line of its own.
  const std::string text = line_open_ ? "\n" + std::string(line) : std::string(line);
  ssize_t written = -1;
  if (descriptor_ >= 0 && make_room(text.size())) {
    do {
      written = ::write(descriptor_, text.data(), text.size());
    } while (written < 0 && errno == EINTR);
  }
  if (std::cmp_equal(written, text.size())) {
    line_open_ = false;
    return;
  }
  line_open_ = line_open_ || written > 0;
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

// The directory must be a real one of ours; that of a file chosen by the user is the user's business.
bool LogFile::prepare_directory() {
  const fs::path directory = path_.parent_path();
  if (directory.empty()) return true;
  if (const int error = make_directories(directory); error != 0) {
    if (!may_pass(error)) give_up("could not make " + directory.string() + ": " + text_of(error));
    return false;
  }
  if (!options_.file.empty()) return true;
  struct stat found{};
  if (::lstat(directory.c_str(), &found) != 0) return false;
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid()) {
    give_up(directory.string() + " is not a directory of this user");
    return false;
  }
  if ((found.st_mode & 077) != 0 && ::chmod(directory.c_str(), kDirectoryMode) != 0) {
    give_up("could not protect " + directory.string() + ": " + text_of(errno));
    return false;
  }
  return true;
}

void LogFile::open_file() {
  close_file();
  if (!prepare_directory()) return;
  const int descriptor =
      ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kFileMode);
  if (descriptor < 0) {
    if (const int error = errno; !may_pass(error))
      give_up("could not open " + path_.string() + ": " + text_of(error));
    return;
  }
  struct stat found{};
  if (::fstat(descriptor, &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != ::geteuid()) {
    ::close(descriptor);
    give_up(path_.string() + " is not a file of this user");
    return;
  }
  if ((found.st_mode & 077) != 0) (void)::fchmod(descriptor, kFileMode);
  descriptor_ = descriptor;
}

void LogFile::close_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  line_open_ = false;
}

// False after another process, or a person, has moved the file away.
bool LogFile::is_in_place() const {
  struct stat ours{};
  struct stat there{};
  return ::fstat(descriptor_, &ours) == 0 && ::lstat(path_.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

bool LogFile::make_room(std::size_t line_bytes) {
  for (int attempt = 0; attempt < kRotationAttemptsMax; ++attempt) {
    struct stat found{};
    if (descriptor_ < 0 || ::fstat(descriptor_, &found) != 0) return false;
    // A line longer than the limit still gets a file of its own.
    if (found.st_size == 0 || found.st_size + static_cast<std::int64_t>(line_bytes) <= options_.bytes_max) {
      rotation_stuck_ = false;
      return true;
    }
    const Rotation done = rotate();
    if (done == Rotation::Failed) return false;
    if (done == Rotation::Busy) {
      if (rotation_stuck_) return false;  // One line has waited in vain; the next ones do not.
      std::this_thread::sleep_for(kRotationWait);
      if (!is_in_place()) open_file();
    }
  }
  rotation_stuck_ = true;
  return false;
}

LogFile::Rotation LogFile::rotate() {
  const fs::path directory = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  const int lock = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) return Rotation::Failed;
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Rotation::Busy;
  }
  bool moved = true;
  if (is_in_place()) {
    const auto numbered = [&](int number) { return path_.string() + "." + std::to_string(number); };
    for (int i = kLogRotationsMax - 1; i > 0; --i)
      (void)::rename(numbered(i).c_str(), numbered(i + 1).c_str());
    moved = ::rename(path_.c_str(), numbered(1).c_str()) == 0;
  }
  if (moved) {
    open_file();
    remove_old_files(options_.now ? options_.now() : system_now());
  }
  ::close(lock);  // Also unlocks.
  return moved ? Rotation::Done : Rotation::Failed;
}

// Files of earlier days go when they are old, and the oldest of all when there are too many: a limit on each
// file and on their number is a limit on the whole.
void LogFile::remove_old_files(UnixMillis now) const {
  if (!options_.file.empty() || !to_file_) return;
  std::vector<std::pair<std::int64_t, fs::path>> kept;  // When it was last written to.
  std::error_code error;
  for (fs::directory_iterator entry(options_.directory, error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat found{};
    if (!is_dated_log(entry->path().filename().string())) continue;
    if (::lstat(entry->path().c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
    const std::int64_t written_ms =
        static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1000 + found.st_mtim.tv_nsec / 1'000'000;
    const bool is_of_today = entry->path().string().starts_with(path_.string());
    if (!is_of_today && now.value - written_ms > kLogKeptMs) {
      (void)::unlink(entry->path().c_str());
    } else if (entry->path() != path_) {
      kept.emplace_back(written_ms, entry->path());
    }
  }
  std::ranges::sort(kept, std::greater());
  for (std::size_t i = kLogFilesMax - 1; i < kept.size(); ++i) (void)::unlink(kept[i].second.c_str());
}

void LogFile::give_up(const std::string& why) {
  close_file();
  to_file_ = false;
  if (console_ < 0) console_ = STDERR_FILENO;
  const std::string message = "no log file: " + why;
  print(event_of(LogLevel::Warn, "log", message, {}));
}

// A console that does not take more (a stopped terminal, a full pipe) loses lines rather than stopping the
// process.
void LogFile::print(const LogEvent& event) {
  if (console_ < 0) return;
  pollfd ready{.fd = console_, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
  const std::string line = console_log_line(event, form_);
  [[maybe_unused]] const ssize_t ignored = ::write(console_, line.data(), line.size());
}

}  // namespace gw::platform
