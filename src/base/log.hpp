#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/secret.hpp"

namespace gw {

enum class LogLevel { Debug, Info, Warn, Error, Silent };  ///< Silent is a threshold only: no line has it.

/// How lines look on a console: for people, for people with little room, or as in the file.
enum class LogStyle { Pretty, Compact, Json };

/// One key of a log line. A Secret prints as `***`.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, bool>;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const Secret&) : key(k), value(std::string_view("***")) {}
  LogField(std::string_view k, std::same_as<bool> auto v) : key(k), value(v) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  LogField(std::string_view k, T v) : key(k), value(static_cast<std::int64_t>(v)) {}

  std::string_view key;
  Value value;
};

/// Where log lines go. `subsystem` and `message` together are what people and scripts grep
/// (docs/restart.md lists the stable ones); fields carry the figures.
class Log {
 public:
  virtual ~Log() = default;
  /// May be called on any thread; never fails and never blocks for longer than one write to a local file.
  virtual void write(LogLevel level, std::string_view subsystem, std::string_view message,
                     std::initializer_list<LogField> fields) = 0;

  void debug(std::string_view s, std::string_view m, std::initializer_list<LogField> f = {}) {
    write(LogLevel::Debug, s, m, f);
  }
  void info(std::string_view s, std::string_view m, std::initializer_list<LogField> f = {}) {
    write(LogLevel::Info, s, m, f);
  }
  void warn(std::string_view s, std::string_view m, std::initializer_list<LogField> f = {}) {
    write(LogLevel::Warn, s, m, f);
  }
  void error(std::string_view s, std::string_view m, std::initializer_list<LogField> f = {}) {
    write(LogLevel::Error, s, m, f);
  }
};

/// Drops everything.
class NullLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::string_view, std::initializer_list<LogField>) override {}
};

}  // namespace gw
