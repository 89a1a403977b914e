#include "platform/log_tail.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "platform/log_line.hpp"

namespace gw::platform {
namespace {

std::unexpected<Error> cannot_read(const std::filesystem::path& file, int error) {
  return fail(Code::Unavailable, "could not read the log " + file.string() + ": " +
                                     std::error_code(error, std::generic_category()).message());
}

// `bytes` from `offset`, or fewer when the file ends there.
Result<std::string> read_at(int descriptor, const std::filesystem::path& file, std::int64_t offset,
                            std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t size = 0;
  while (size < bytes) {
    const ssize_t got =
        ::pread(descriptor, text.data() + size, bytes - size, offset + static_cast<off_t>(size));
    if (got == 0) break;
    if (got > 0)
      size += static_cast<std::size_t>(got);
    else if (errno != EINTR)
      return cannot_read(file, errno);
  }
  text.resize(size);
  return text;
}

// Splits whole lines off `text`, which begins at byte `start` of the file, and keeps the last `limit` of
// them.
void take_lines(LogTail& result, std::string_view text, std::int64_t start, std::size_t limit) {
  std::vector<std::pair<std::size_t, std::size_t>> spans;  // Begin and end of each line.
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string_view::npos; begin = end + 1) {
    spans.emplace_back(begin, end);
  }
  result.cursor = start + static_cast<std::int64_t>(begin);
  if (spans.size() > limit) {
    const std::size_t first = spans.size() - limit;
    const std::size_t skipped = limit == 0 ? begin : spans[first].first;
    result.skipped_bytes += static_cast<std::int64_t>(skipped);
    spans.erase(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(first));
  }
  for (const auto& [from, to] : spans) result.lines.push_back(valid_utf8(text.substr(from, to - from)));
}

}  // namespace

Result<LogTail> tail(int descriptor, const std::filesystem::path& file, std::optional<std::int64_t> cursor,
                     std::size_t limit, std::size_t bytes_max) {
  struct stat found{};
  if (::fstat(descriptor, &found) != 0) return cannot_read(file, errno);
  if (!S_ISREG(found.st_mode))
    return fail(Code::Unavailable, "the log " + file.string() + " is not a regular file");

  LogTail result;
  result.file = file.string();
  result.size = found.st_size;
  result.reset = cursor && *cursor > result.size;
  const std::int64_t wanted = cursor && !result.reset ? std::max<std::int64_t>(0, *cursor) : 0;
  const std::int64_t earliest = result.size - static_cast<std::int64_t>(bytes_max);
  std::int64_t start = std::max(wanted, earliest);

  // One byte more tells whether `start` is the beginning of a line.
  const std::int64_t from = std::max<std::int64_t>(0, start - 1);
  auto text = read_at(descriptor, file, from, static_cast<std::size_t>(result.size - from));
  if (!text) return std::unexpected(std::move(text).error());
  std::string_view lines = *text;
  if (start > 0) {
    const std::size_t newline = lines.find('\n');
    // Without any line end in the window there is nothing whole to show; what follows will be.
    const std::size_t partial = newline == std::string_view::npos ? lines.size() : newline + 1;
    start = from + static_cast<std::int64_t>(partial);
    lines.remove_prefix(partial);
  }
  result.skipped_bytes = start - wanted;
  take_lines(result, lines, start, limit);
  result.truncated = result.skipped_bytes > 0;
  return result;
}

Result<LogTail> tail(const std::filesystem::path& file, std::optional<std::int64_t> cursor, std::size_t limit,
                     std::size_t bytes_max) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0 && errno == ENOENT) {
    LogTail empty;
    empty.file = file.string();
    empty.reset = cursor.value_or(0) > 0;
    return empty;
  }
  if (descriptor < 0) return cannot_read(file, errno);
  auto result = tail(descriptor, file, cursor, limit, bytes_max);
  ::close(descriptor);
  return result;
}

}  // namespace gw::platform
