#include "platform/log_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <sys/stat.h>
#include <system_error>

#include "platform/log_file.hpp"
#include "platform/log_tail.hpp"

namespace gw::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAllLines = std::numeric_limits<std::size_t>::max();
constexpr int kListAttemptsMax = 3;  // A rotation that moves the newest file away takes microseconds.

/// Position in the log: `openclaw-2026-11-24.log.2`, then `….log.1`, `….log`, then the next day's.
std::pair<std::string, int> position(const std::string& name) {
  const std::size_t dot = name.rfind(".log.");
  if (dot == std::string::npos) return {name, 0};
  return {name.substr(0, dot + 4), -(name.back() - '0')};
}

bool is_same_file(int descriptor, const fs::path& path) {
  struct stat ours{};
  struct stat there{};
  return ::fstat(descriptor, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

}  // namespace

std::vector<fs::path> log_files(const fs::path& directory, const fs::path& file) {
  std::vector<fs::path> found;
  std::error_code error;
  if (!file.empty()) {
    for (int number = kLogRotationsMax; number > 0; --number) {
      fs::path rotated = file.string() + "." + std::to_string(number);
      if (fs::exists(rotated, error)) found.push_back(std::move(rotated));
    }
    if (fs::exists(file, error)) found.push_back(file);
    return found;
  }
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (is_dated_log(entry->path().filename().string())) found.push_back(entry->path());
  }
  std::ranges::sort(found, {}, [](const fs::path& path) { return position(path.filename().string()); });
  return found;
}

Result<std::vector<std::string>> LogReader::newest(std::size_t limit,
                                                   const std::function<bool(std::string_view)>& keep) {
  std::vector<fs::path> files;
  for (int attempt = 0; attempt < kListAttemptsMax && !fd_; ++attempt) {
    files = log_files(directory_, file_);
    if (files.empty()) return std::vector<std::string>();
    if (auto opened = open(files.back()); !opened) return std::unexpected(std::move(opened).error());
  }
  std::vector<std::string> lines;  // The newest first, until they are returned.
  auto bytes_left = static_cast<std::int64_t>(kLogReadBytesMax);
  for (std::size_t i = files.size(); i-- > 0;) {
    const bool is_newest = i + 1 == files.size();
    if (!is_newest && (lines.size() >= limit || bytes_left <= 0)) break;
    const auto bytes_max = static_cast<std::size_t>(bytes_left);
    auto part = is_newest && fd_ ? tail(fd_.get(), current_, std::nullopt, kAllLines, bytes_max)
                                 : tail(files[i], std::nullopt, kAllLines, bytes_max);
    if (!part) return std::unexpected(std::move(part).error());
    if (is_newest) cursor_ = part->cursor;
    bytes_left -= part->size;
    for (auto line = part->lines.rbegin(); line != part->lines.rend() && lines.size() < limit; ++line) {
      if (keep(*line)) lines.push_back(std::move(*line));
    }
  }
  std::ranges::reverse(lines);
  return lines;
}

Result<std::vector<std::string>> LogReader::next() {
  // Listed first: what is rotated while our file is read is followed the next time.
  const std::vector<fs::path> files = log_files(directory_, file_);
  std::vector<std::string> lines;
  if (auto read = read_into(lines); !read) return std::unexpected(std::move(read).error());
  const auto ours =
      std::ranges::find_if(files, [&](const fs::path& p) { return is_same_file(fd_.get(), p); });
  auto from = files.begin();
  if (ours != files.end()) {
    from = ours + 1;
  } else if (fd_ && !files.empty()) {
    from = files.end() - 1;  // Ours was removed, or given a name that we do not know.
  }
  for (; from != files.end(); ++from) {
    if (auto opened = open(*from); !opened) return std::unexpected(std::move(opened).error());
    if (auto read = read_into(lines); !read) return std::unexpected(std::move(read).error());
  }
  return lines;
}

/// Leaves everything as it was when the file is gone again.
Status LogReader::open(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return {};
  if (!fd) return system_error(Code::Unavailable, "could not read the log " + path.string());
  fd_ = std::move(fd);
  current_ = path;
  cursor_ = 0;
  return {};
}

Status LogReader::read_into(std::vector<std::string>& lines) {
  if (!fd_) return {};
  auto part = tail(fd_.get(), current_, cursor_, kAllLines, kLogReadBytesMax);
  if (!part) return std::unexpected(std::move(part).error());
  cursor_ = part->cursor;
  lines.insert(lines.end(), std::make_move_iterator(part->lines.begin()),
               std::make_move_iterator(part->lines.end()));
  return {};
}

}  // namespace gw::platform
