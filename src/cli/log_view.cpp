#include "cli/log_view.hpp"

#include <algorithm>
#include <array>

#include "cli/table.hpp"

namespace gw::cli {
namespace {

constexpr std::size_t kSubsystemColumnsMax = 24;
constexpr std::size_t kLevelColumns = 5;
constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warn", "error"};
/// Keys with a column of their own, and those that repeat them for other readers.
constexpr std::array<std::string_view, 8> kShown{"0",     "1",         "_meta",   "time",
                                                 "level", "subsystem", "message", "hostname"};

std::string padded(std::string_view text, std::size_t width) {
  std::string cell(text);
  cell.append(width - std::min(width, cell.size()), ' ');
  return cell;
}

std::string text_of(const json::Value& value) {
  if (!value.is_string()) return json::serialize(value);
  const std::string_view text = json::view(value.get_string());
  const bool is_quoted = text.empty() || text.find_first_of(" =\"") != std::string_view::npos;
  return is_quoted ? json::serialize(value) : std::string(text);
}

}  // namespace

LogRecord read_log_line(std::string line) {
  LogRecord record{.raw = std::move(line), .fields = {}};
  if (auto value = json::parse(record.raw); value && value->is_object())
    record.fields = std::move(value->get_object());
  return record;
}

bool is_at_least(const LogRecord& record, std::string_view least) {
  const auto grave = [](std::string_view level) {
    return std::ranges::find(kLevels, level) - kLevels.begin();
  };
  // `fatal` and whatever else there may be is behind the last.
  return record.level().empty() || grave(record.level()) >= grave(least);
}

std::string LogView::for_people(const LogRecord& record) {
  if (record.fields.empty()) return printable(record.raw) + "\n";
  const std::string level(record.level());
  std::string shown_level = padded(level, kLevelColumns);
  if (level == "warn") shown_level = out_.caution(shown_level);
  if (level == "error" || level == "fatal") shown_level = out_.bad(shown_level);
  const std::string subsystem = printable(json::text_or(record.fields, "subsystem"));
  subsystem_width_ = std::max(subsystem_width_, std::min(subsystem.size(), kSubsystemColumnsMax));
  std::string line = printable(json::text_or(record.fields, "time")) + "  " + shown_level + "  " +
                     padded(subsystem, subsystem_width_) + "  " +
                     printable(json::text_or(record.fields, "message"));
  for (const auto& field : record.fields) {
    const std::string_view key = json::view(field.key());
    if (std::ranges::find(kShown, key) != kShown.end()) continue;
    line += " " + printable(std::string(key) + "=" + text_of(field.value()));
  }
  return line + "\n";
}

std::string for_programs(const LogRecord& record) {
  json::Object object{{"type", record.fields.empty() ? "raw" : "log"}};
  if (!record.fields.empty()) {
    for (const char* key : {"time", "level", "subsystem", "message"})
      object[key] = json::text_or(record.fields, key);
  }
  object["raw"] = record.raw;
  return json::serialize(object) + "\n";
}

}  // namespace gw::cli
