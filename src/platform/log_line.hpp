#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"
#include "mask/masks.hpp"

namespace gw::platform {

inline constexpr std::size_t kLogMessageBytesMax =
    4'096;  ///< Longer messages are cut; so is each value of a field.
inline constexpr std::size_t kLogValueBytesMax = 1'024;
inline constexpr std::size_t kLogFieldsMax = 32;
inline constexpr std::size_t kConsoleLineBytesMax = 4'000;  ///< Below PIPE_BUF: a line reaches a pipe whole.
inline constexpr std::size_t kLogLineBytesMax = 32'768;     ///< A line that is still longer loses its fields.

/// One event on its way to a log; the views outlive the call only.
struct LogEvent {
  UnixMillis at;
  LogLevel level = LogLevel::Info;
  std::string_view subsystem;
  std::string_view message;
  std::initializer_list<LogField> fields;
  std::string_view host = {};          ///< Name of this machine.
  const mask::Masks* masks = nullptr;  ///< Hides parts of the message and of values; null: nothing.
  std::int64_t omitted = 0;            ///< Lines of this kind that were left out before it.
};

/// How a console wants its lines.
struct ConsoleForm {
  LogStyle style = LogStyle::Pretty;
  bool colour = false;   ///< Not for Json.
  bool journal = false;  ///< `<priority>` in front, which journald takes off, and no time: it has its own.
};

/// `debug`, `info`, `warn`, `error`.
std::string_view name_of(LogLevel level);

/// `text` with U+FFFD in place of every byte that is not part of a UTF-8 character.
std::string valid_utf8(std::string_view text);

/// One JSON object and a newline, at most `bytes_max` bytes (docs/logs.md lists the keys). Besides our own
/// keys it has those by which OpenClaw's readers know the subsystem, the message and the level (`0`, `1`,
/// `_meta`). A field that would hide one of them gets a `_` behind its name.
std::string json_log_line(const LogEvent& event, std::size_t bytes_max = kLogLineBytesMax);

/// `<ISO time> <level> [<last part of the subsystem>] <message> key=value…` and a newline, at most
/// `kConsoleLineBytesMax` bytes; no level for info, and in the compact style only the local time of day. A
/// leading word of the message that repeats the subsystem is dropped; control characters are shown as `?`.
std::string console_log_line(const LogEvent& event, const ConsoleForm& form);

}  // namespace gw::platform
