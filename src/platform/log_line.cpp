#include "platform/log_line.hpp"

#include <algorithm>
#include <variant>

#include "base/text.hpp"
#include "json/value.hpp"

namespace gw::platform {
namespace {

constexpr std::size_t kShortMessageBytes = 512;
constexpr std::size_t kSubsystemBytesMax = 128;

std::string capital_name(LogLevel level) {
  std::string name(name_of(level));
  std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  return name;
}

std::string cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return valid_utf8(text);
  return valid_utf8(cut_utf8(text, bytes_max)) + "…";
}

json::Value json_value(const LogField::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value))
    return json::Value(cut(*text, kLogValueBytesMax));
  if (const auto* number = std::get_if<std::int64_t>(&value)) return json::Value(*number);
  return json::Value(std::get<bool>(value));
}

json::Object json_object(const LogEvent& event, std::size_t message_bytes_max) {
  const std::string time = iso8601(event.at);
  const std::string subsystem = cut(event.subsystem, kSubsystemBytesMax);
  const std::string name = json::serialize(json::Object{{"subsystem", subsystem}});
  const std::string message = cut(event.message, message_bytes_max);
  return json::Object{
      {"0", name},
      {"1", message},
      {"_meta", {{"logLevelName", capital_name(event.level)}, {"name", name}, {"date", time}}},
      {"time", time},
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

void append_field(std::string& out, const LogField& field) {
  out += ' ';
  append_visible(out, field.key);
  out += '=';
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    const std::string shown = cut(*text, kLogValueBytesMax);
    const bool quoted = shown.empty() || shown.find_first_of(" =\"") != std::string::npos;
    if (quoted) out += '"';
    append_visible(out, shown);
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
    case LogLevel::Error:
      return "\x1b[31m";
  }
  return "";
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

std::string json_log_line(const LogEvent& event) {
  json::Object object = json_object(event, kLogMessageBytesMax);
  std::size_t count = 0;
  for (const LogField& field : event.fields) {
    if (++count > kLogFieldsMax) break;
    std::string key = cut(field.key, kSubsystemBytesMax);
    while (object.contains(key)) key += '_';
    object.emplace(key, json_value(field.value));
  }
  std::string line = json::serialize(object);
  if (line.size() >= kLogLineBytesMax) {
    object = json_object(event, kShortMessageBytes);
    object.emplace("cut", true);
    line = json::serialize(object);
  }
  line += '\n';
  return line;
}

std::string console_log_line(const LogEvent& event, bool colour) {
  const std::string_view tag = last_part(event.subsystem);
  std::string line = iso8601(event.at) + " ";
  if (colour) line += colour_of(event.level);
  line += '[';
  append_visible(line, valid_utf8(tag));
  line += "] ";
  if (colour) line += "\x1b[0m";
  append_visible(line, cut(without_tag(event.message, tag), kLogMessageBytesMax));
  std::size_t count = 0;
  for (const LogField& field : event.fields) {
    if (++count > kLogFieldsMax) break;
    append_field(line, field);
  }
  line += '\n';
  return line;
}

}  // namespace gw::platform
