#include "platform/log_line.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <variant>

#include "base/text.hpp"
#include "base/version.hpp"
#include "json/value.hpp"

namespace gw::platform {
namespace {

constexpr std::size_t kShortMessageShare = 25;   // Of a whole line; a byte may take six in JSON, and twice.
constexpr std::size_t kMaskedBytesMax = 16'384;  // Of a text: what is searched for patterns before it is cut.
constexpr std::size_t kSubsystemBytesMax = 64;

std::string capital_name(LogLevel level) {
  std::string name(name_of(level));
  std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  return name;
}

std::string cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return valid_utf8(text);
  return valid_utf8(cut_utf8(text, bytes_max)) + "…";
}

// As it may be seen: masked while it is whole, then cut.
std::string shown(const LogEvent& event, std::string_view text, std::size_t bytes_max) {
  if (!event.masks || event.masks->empty()) return cut(text, bytes_max);
  return cut(event.masks->applied_to(cut(text, kMaskedBytesMax)), bytes_max);
}

std::tm local_parts(UnixMillis at) {
  const auto seconds = static_cast<std::time_t>(at.value / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

// `2026-11-23T18:01:00.123+01:00`.
std::string local_time(UnixMillis at) {
  const std::tm parts = local_parts(at);
  const long offset_min = parts.tm_gmtoff / 60;
  char day[32];
  char text[64];
  (void)std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%03d%c%02ld:%02ld", day, static_cast<int>(at.value % 1000),
                offset_min < 0 ? '-' : '+', std::labs(offset_min) / 60, std::labs(offset_min) % 60);
  return text;
}

std::string time_of_day(UnixMillis at) {
  const std::tm parts = local_parts(at);
  char text[16];
  (void)std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  return text;
}

// The numbers that OpenClaw's log library gives its levels.
int id_of(LogLevel level) { return static_cast<int>(level) + 2; }

// Of syslog, for journald.
int priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return 7;
    case LogLevel::Info:
      return 6;
    case LogLevel::Warn:
      return 4;
    default:
      return 3;
  }
}

json::Value json_value(const LogEvent& event, const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value))
    return json::Value(shown(event, *text, kLogValueBytesMax));
  if (const auto* number = std::get_if<std::int64_t>(&value)) return json::Value(*number);
  return json::Value(std::get<bool>(value));
}

json::Object json_object(const LogEvent& event, std::size_t message_bytes_max) {
  const std::string subsystem = cut(event.subsystem, kSubsystemBytesMax);
  const std::string name = json::serialize(json::Object{{"subsystem", subsystem}});
  const std::string message = shown(event, event.message, message_bytes_max);
  return json::Object{{"0", name},
                      {"1", message},
                      {"_meta",
                       {{"runtime", "native"},
                        {"runtimeVersion", kVersion},
                        {"hostname", event.host},
                        {"name", name},
                        {"date", iso8601(event.at)},
                        {"logLevelId", id_of(event.level)},
                        {"logLevelName", capital_name(event.level)}}},
                      {"time", local_time(event.at)},
                      {"hostname", event.host},
                      {"level", name_of(event.level)},
                      {"subsystem", subsystem},
                      {"message", message}};
}

std::string_view last_part(std::string_view subsystem) {
  const std::size_t slash = subsystem.rfind('/');
  return slash == std::string_view::npos ? subsystem : subsystem.substr(slash + 1);
}

// `ws: closed` and `ws closed` under the tag `ws` are `closed`.
std::string_view without_tag(std::string_view message, std::string_view tag) {
  if (tag.empty() || message.size() <= tag.size() ||
      lower_ascii(message.substr(0, tag.size())) != lower_ascii(tag)) {
    return message;
  }
  std::string_view rest = message.substr(tag.size());
  if (rest.starts_with(':')) rest.remove_prefix(1);
  if (!rest.starts_with(' ') || trimmed(rest).empty()) return message;
  return trimmed(rest);
}

// What a client sends must not be able to move the cursor or to fake a line.
void append_visible(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F, of which a terminal may take one for the start of a command.
    const bool control_pair =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (control_pair) ++i;
    out += byte < 0x20 || byte == 0x7F || control_pair ? '?' : text[i];
  }
}

void append_field(std::string& out, const LogEvent& event, const LogField& field) {
  out += ' ';
  append_visible(out, field.key);
  out += '=';
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    const std::string value = shown(event, *text, kLogValueBytesMax);
    const bool quoted = value.empty() || value.find_first_of(" =\"") != std::string::npos;
    if (quoted) out += '"';
    append_visible(out, value);
    if (quoted) out += '"';
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "\x1b[90m";
    case LogLevel::Info:
      return "\x1b[36m";
    case LogLevel::Warn:
      return "\x1b[33m";
    default:
      return "\x1b[31m";
  }
}

}  // namespace

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Error:
      return "error";
    case LogLevel::Silent:
      return "silent";
  }
  return "info";
}

std::string valid_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t bytes = 1;
    while (bytes <= 4 && !is_valid_utf8(text.substr(at, bytes))) ++bytes;
    if (bytes <= 4) {
      out += text.substr(at, bytes);
      at += bytes;
    } else {
      out += "\xEF\xBF\xBD";
      ++at;
    }
  }
  return out;
}

std::string json_log_line(const LogEvent& event, std::size_t bytes_max) {
  json::Object object = json_object(event, kLogMessageBytesMax);
  std::size_t count = 0;
  for (const LogField& field : event.fields) {
    if (++count > kLogFieldsMax) break;
    std::string key = cut(field.key, kSubsystemBytesMax);
    while (object.contains(key)) key += '_';
    object.emplace(key, json_value(event, field.value));
  }
  if (event.omitted > 0) object.emplace("omitted", event.omitted);
  std::string line = json::serialize(object);
  if (line.size() >= bytes_max) {
    object = json_object(event, bytes_max / kShortMessageShare);
    object.emplace("cut", true);
    line = json::serialize(object);
  }
  line += '\n';
  return line;
}

std::string console_log_line(const LogEvent& event, const ConsoleForm& form) {
  const std::string_view tag = last_part(event.subsystem);
  std::string line = form.journal ? "<" + std::to_string(priority_of(event.level)) + ">" : "";
  if (form.style == LogStyle::Json) return line + json_log_line(event, kConsoleLineBytesMax - line.size());
  if (!form.journal)
    line += (form.style == LogStyle::Compact ? time_of_day(event.at) : iso8601(event.at)) + " ";
  if (form.colour) line += colour_of(event.level);
  if (!form.journal && event.level != LogLevel::Info) line += std::string(name_of(event.level)) + " ";
  line += '[';
  append_visible(line, valid_utf8(tag));
  line += "] ";
  if (form.colour) line += "\x1b[0m";
  append_visible(line, shown(event, without_tag(event.message, tag), kLogMessageBytesMax));
  std::size_t count = 0;
  for (const LogField& field : event.fields) {
    if (++count > kLogFieldsMax) break;
    append_field(line, event, field);
  }
  if (event.omitted > 0) line += " omitted=" + std::to_string(event.omitted);
  if (line.size() >= kConsoleLineBytesMax) line.resize(cut_utf8(line, kConsoleLineBytesMax - 1).size());
  line += '\n';
  return line;
}

}  // namespace gw::platform
