#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"
#include "mask/masks.hpp"
#include "platform/log_line.hpp"
#include "platform/log_throttle.hpp"

namespace gw::platform {

inline constexpr int kLogRotationsMax = 5;  ///< `<file>.1`, the newest, to `<file>.5`.
inline constexpr std::size_t kLogFilesMax =
    1 + kLogRotationsMax;  ///< In all, those of earlier days included.
inline constexpr std::int64_t kLogKeptMs =
    86'400'000;  ///< Dated files not written to for longer are removed.

/// `openclaw-2026-11-23.log`, `openclaw-2026-11-23.log.3`: names of files that some day's log made.
bool is_dated_log(std::string_view name);

struct LogFileOptions {
  std::filesystem::path directory;  ///< Holds `openclaw-<local date>.log`; made with mode 0700.
  std::filesystem::path file;       ///< When set, always this file, and `directory` is not used.
  LogLevel level = LogLevel::Info;
  std::int64_t bytes_max = 104'857'600;
  int console = -1;  ///< A descriptor that also gets every line, for people; -1: none. Not closed.
  LogLevel console_level = LogLevel::Info;
  LogStyle console_style = LogStyle::Pretty;
  bool colour = true;  ///< Used only when `console` is a terminal.
  bool console_is_journal = false;
  mask::Masks masks = {};
  std::int64_t lines_at_once = kLogLinesAtOnce;  ///< Of one kind, debug lines excepted (LogThrottle).
  std::function<UnixMillis()> now = {};          ///< Empty: the system's clock.
};

/// Writes log lines to a file that several processes share: each line is one write to the end of the file.
///
/// A file that a line would take past `bytes_max` is renamed to `.1` first, by whichever process gets there;
/// the others notice and follow. At most `kLogFilesMax` files are kept. A line that cannot be written (disk
/// full, nobody can rotate) is dropped and counted. When the directory or the file is not safely ours (a
/// symbolic link, another owner), everything goes to stderr instead, after one warning. May be used on any
/// thread.
class LogFile final : public Log {
 public:
  explicit LogFile(LogFileOptions options);
  ~LogFile() override;
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  void write(LogLevel level, std::string_view subsystem, std::string_view message,
             std::initializer_list<LogField> fields) override;

  /// From now on as `wanted` says: levels, style, masks, the file and its limit. The rest stays as it is.
  void change(const LogFileOptions& wanted);
  /// The file that lines go to now; empty when there is none.
  std::filesystem::path current_file() const;
  /// Lines that could not be written to the file so far.
  std::int64_t lines_dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  enum class Rotation { Done, Busy, Failed };

  std::filesystem::path path_at(UnixMillis at) const;
  bool prepare_directory();
  void open_file();
  void close_file();
  bool is_in_place() const;
  bool make_room(std::size_t line_bytes);
  Rotation rotate();
  void remove_old_files(UnixMillis now) const;
  LogEvent event_of(LogLevel level, std::string_view subsystem, std::string_view message,
                    std::initializer_list<LogField> fields) const;
  void give_up(const std::string& why);
  void append(UnixMillis at, std::string_view line);
  void print(const LogEvent& event);

  LogFileOptions options_;  // What `change` changes is guarded by the mutex.
  const std::string host_;
  std::atomic<std::int64_t> dropped_ = 0;
  mutable std::mutex mutex_;  // Guards everything below; held for one write, or for one rotation.
  std::filesystem::path path_;
  int descriptor_ = -1;
  int console_;
  ConsoleForm form_;
  LogThrottle throttle_;
  bool to_file_ = true;
  bool line_open_ = false;       // The last write ended inside a line.
  bool rotation_stuck_ = false;  // Another process holds the right to rotate and does not finish.
};

}  // namespace gw::platform
