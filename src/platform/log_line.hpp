#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"

namespace gw::platform {

inline constexpr std::size_t kLogMessageBytesMax =
    4'096;  ///< Longer messages are cut; so is each value of a field.
inline constexpr std::size_t kLogValueBytesMax = 1'024;
inline constexpr std::size_t kLogFieldsMax = 32;
inline constexpr std::size_t kLogLineBytesMax = 32'768;  ///< A line that is still longer loses its fields.

/// One event on its way to a log; the views outlive the call only.
struct LogEvent {
  UnixMillis at;
  LogLevel level = LogLevel::Info;
  std::string_view subsystem;
  std::string_view message;
  std::initializer_list<LogField> fields;
};

/// `debug`, `info`, `warn`, `error`.
std::string_view name_of(LogLevel level);

/// `text` with U+FFFD in place of every byte that is not part of a UTF-8 character.
std::string valid_utf8(std::string_view text);

/// One JSON object and a newline, at most `kLogLineBytesMax` bytes. Besides our own keys it has those by
/// which OpenClaw's readers know the subsystem, the message and the level (`0`, `1`, `_meta`). A field that
/// would hide one of them gets a `_` behind its name.
std::string json_log_line(const LogEvent& event);

/// `<ISO time> [<last part of the subsystem>] <message> key=value…` and a newline. A leading word of the
/// message that repeats the subsystem is dropped; control characters are shown as `?`.
std::string console_log_line(const LogEvent& event, bool colour);

}  // namespace gw::platform
