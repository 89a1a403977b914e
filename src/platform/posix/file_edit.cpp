#include "platform/file_edit.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/uuid.hpp"
#include "platform/clock.hpp"
#include "platform/private_file.hpp"

namespace gw::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUuidChars = 36;
constexpr Millis kLockPause{20};  // There is no lock of a file that can be waited for with a limit.

std::unexpected<Error> cannot(const fs::path& file, const std::string& why) {
  return fail(Code::Unavailable, "cannot change " + file.string() + ": " + why);
}

constexpr std::string_view kTemporaryEnd = ".tmp";

/// Of edits that were killed: they hold what the file would have held, secrets too. Only under the lock.
void remove_left_over(const fs::path& file) {
  const std::string begin = file.filename().string() + ".";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(file.parent_path(), error)) {
    const std::string name = entry.path().filename().string();
    const std::size_t whole = begin.size() + kUuidChars + kTemporaryEnd.size();
    if (name.size() == whole && name.starts_with(begin) && name.ends_with(kTemporaryEnd))
      ::unlink(entry.path().c_str());
  }
}

/// Removed unless it has become the file.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& next_to)
      : path_(next_to.string() + "." + random_uuid() + std::string(kTemporaryEnd)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!is_moved_) ::unlink(path_.c_str());
  }

  Status write(std::string_view text) {
    const Fd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return system_error(Code::Unavailable, "cannot write " + path_.string());
    while (!text.empty()) {
      const ssize_t count = ::write(fd.get(), text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error(Code::Unavailable, "cannot write " + path_.string());
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(fd.get()) != 0) return system_error(Code::Unavailable, "cannot write " + path_.string());
    return {};
  }

  Status move_to(const fs::path& file) {
    if (::rename(path_.c_str(), file.c_str()) != 0)
      return system_error(Code::Unavailable, "cannot write " + file.string());
    is_moved_ = true;
    return {};
  }

 private:
  fs::path path_;
  bool is_moved_ = false;
};

Result<std::optional<std::string>> read_own(const fs::path& file, std::size_t bytes_max) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) return system_error(Code::Unavailable, "cannot read " + file.string());
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return system_error(Code::Unavailable, "cannot read " + file.string());
  if (!S_ISREG(info.st_mode)) return cannot(file, "it is not a regular file");
  if (info.st_uid != ::geteuid()) {
    return cannot(file, "it belongs to another user (uid " + std::to_string(info.st_uid) +
                            "); run the command as that user");
  }
  std::string text;
  std::array<char, 65'536> buffer{};
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(Code::Unavailable, "cannot read " + file.string());
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > bytes_max)
      return cannot(file, "it has more than " + std::to_string(bytes_max) + " bytes");
  }
}

fs::path backup(const fs::path& file, int number) {
  return file.string() + (number == 0 ? ".bak" : ".bak." + std::to_string(number));
}

}  // namespace

Result<Fd> lock_directory(const fs::path& dir, Millis limit) {
  Fd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_error(Code::Unavailable, "cannot open the directory " + dir.string());
  const Instant deadline = now() + limit;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return system_error(Code::Unavailable, "cannot lock " + dir.string());
    if (now() >= deadline) return fail(Code::Conflict, "another program has locked " + dir.string());
    std::this_thread::sleep_for(kLockPause);
  }
  return fd;
}

Result<FileEdit> FileEdit::begin(const fs::path& file, std::size_t bytes_max) {
  std::error_code error;
  const bool is_link = fs::is_symlink(file, error);
  error.clear();  // A missing file is no link.
  const fs::path target = is_link ? fs::weakly_canonical(file, error) : file;
  if (error) return cannot(file, error.message());
  if (fs::is_symlink(target, error))
    return cannot(file, "it is a link to " + fs::read_symlink(target, error).string() +
                            ", which is not there; make that, or remove the link");
  if (auto made = make_private_dir(target.parent_path()); !made)
    return std::unexpected(std::move(made).error());
  auto lock = lock_directory(target.parent_path(), kFileEditWaitLimit);
  if (!lock && lock.error().code == Code::Conflict)
    return fail(Code::Conflict, "another program is changing " + file.string() + "; try again");
  if (!lock) return std::unexpected(std::move(lock).error());
  remove_left_over(target);
  FileEdit edit(target, *std::move(lock));
  auto text = read_own(target, bytes_max);
  if (!text) return std::unexpected(std::move(text).error());
  edit.text_ = *std::move(text);
  return edit;
}

Status FileEdit::replace(std::string_view text) {
  TemporaryFile next(file_);
  TemporaryFile previous(file_);
  if (auto written = next.write(text); !written) return written;
  if (text_) {
    if (auto written = previous.write(*text_); !written) return written;
    for (int number = kFileBackupsMax - 2; number >= 0; --number) {
      ::rename(backup(file_, number).c_str(), backup(file_, number + 1).c_str());
    }
    if (auto moved = previous.move_to(backup(file_, 0)); !moved) return moved;
  }
  if (auto moved = next.move_to(file_); !moved) return moved;
  ::fsync(lock_.get());
  text_ = text;
  return {};
}

}  // namespace gw::platform
