#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/output.hpp"
#include "json/value.hpp"

namespace gw::cli {

/// A line of the log file. Ours and OpenClaw's have the same keys; anything else is shown as it is.
struct LogRecord {
  std::string raw;
  json::Object fields;  ///< Empty: not an object.
  std::string_view level() const { return json::text_or(fields, "level"); }
};

LogRecord read_log_line(std::string line);

/// True when the line is of level `least` (`debug`, `info`, `warn` or `error`) or a graver one, or of none.
bool is_at_least(const LogRecord& record, std::string_view least);

/// Shows records in columns: time, level, subsystem, message and what else it says.
class LogView {
 public:
  explicit LogView(const Output& out) : out_(out) {}

  std::string for_people(const LogRecord& record);

 private:
  const Output& out_;
  std::size_t subsystem_width_ = 0;  // Of the longest so far: those that come later are not known yet.
};

/// One object on one line: `{type:"log",time,level,subsystem,message,raw}`, or `{type:"raw",raw}`.
std::string for_programs(const LogRecord& record);

}  // namespace gw::cli
