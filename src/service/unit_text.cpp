#include "service/unit_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace gw::service {
namespace {

struct TimeUnit {
  std::string_view name;
  double seconds;
};

// systemd.time(7), without what is longer than a week.
constexpr auto kTimeUnits = std::to_array<TimeUnit>(
    {{"", 1},         {"s", 1},         {"sec", 1},     {"second", 1},     {"seconds", 1},    {"us", 1e-6},
     {"usec", 1e-6},  {"ms", 1e-3},     {"msec", 1e-3}, {"m", 60},         {"min", 60},       {"minute", 60},
     {"minutes", 60}, {"h", 3'600},     {"hr", 3'600},  {"hour", 3'600},   {"hours", 3'600},  {"d", 86'400},
     {"day", 86'400}, {"days", 86'400}, {"w", 604'800}, {"week", 604'800}, {"weeks", 604'800}});

/// Lines without their ends, those that end with a backslash joined with the next by a space.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  bool is_continued = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view plain = trimmed(line);
    const bool is_comment = plain.starts_with('#') || plain.starts_with(';');
    if (is_comment || (plain.empty() && !is_continued)) continue;
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    if (is_continued) {
      lines.back() += ' ';
      lines.back() += line;
    } else {
      lines.emplace_back(line);
    }
    is_continued = goes_on;
  }
  return lines;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 's':
      return ' ';
    default:
      return c;
  }
}

Result<std::string> escaped(std::string_view word, std::string_view doubled) {
  std::string out;
  bool needs_quotes = word.empty();
  for (const char c : word) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return fail(Code::InvalidRequest,
                  "a control character cannot stand in a unit: " + std::string(cut_utf8(word, 80)));
    }
    if (c == '"' || c == '\\') out += '\\';
    if (doubled.find(c) != std::string_view::npos) out += c;
    out += c;
    needs_quotes = needs_quotes || c == ' ' || c == '"' || c == '\'' || c == '\\' || c == ';' || c == '#';
  }
  return needs_quotes ? '"' + out + '"' : out;
}

}  // namespace

std::vector<Directive> parse_unit(std::string_view text, const std::filesystem::path& drop_in) {
  std::vector<Directive> all;
  std::string section;
  for (const std::string& line : logical_lines(text)) {
    const std::string_view plain = trimmed(line);
    if (plain.starts_with('[') && plain.ends_with(']')) {
      section = plain.substr(1, plain.size() - 2);
      continue;
    }
    const std::size_t equals = plain.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    all.push_back({section, std::string(trimmed(plain.substr(0, equals))),
                   std::string(trimmed(plain.substr(equals + 1))), drop_in});
  }
  return all;
}

std::vector<std::string> values_of(const std::vector<Directive>& unit, std::string_view section,
                                   std::string_view key) {
  std::vector<std::string> values;
  for (const Directive& directive : unit) {
    if (directive.section != section || directive.key != key) continue;
    if (directive.value.empty()) {
      values.clear();
    } else {
      values.push_back(directive.value);
    }
  }
  return values;
}

std::optional<std::string> value_of(const std::vector<Directive>& unit, std::string_view section,
                                    std::string_view key) {
  const auto values = values_of(unit, section, key);
  if (values.empty()) return std::nullopt;
  return values.back();
}

std::optional<double> seconds_of(std::string_view value) {
  if (value == "infinity") return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (std::string_view rest = trimmed(value); !rest.empty(); rest = trimmed(rest)) {
    double number = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (read.ec != std::errc() || number < 0) return std::nullopt;
    rest = trimmed(rest.substr(static_cast<std::size_t>(read.ptr - rest.data())));
    const auto end = std::ranges::find_if(rest, [](char c) { return c == ' ' || (c >= '0' && c <= '9'); });
    const std::string_view unit = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    const auto known = std::ranges::find(kTimeUnits, unit, &TimeUnit::name);
    if (known == kTimeUnits.end()) return std::nullopt;
    sum += number * known->seconds;
    rest.remove_prefix(unit.size());
  }
  return trimmed(value).empty() ? std::nullopt : std::optional(sum);
}

std::vector<std::string> split_words(std::string_view value) {
  std::vector<std::string> words;
  std::string word;
  bool is_open = false;
  char quote = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (quote == 0 && (c == ' ' || c == '\t')) {
      if (is_open) words.push_back(std::exchange(word, {}));
      is_open = false;
      continue;
    }
    is_open = true;
    if (c == '\\' && i + 1 < value.size()) {
      word += unescaped(value[++i]);
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      word += c;
      if (c == '%' && i + 1 < value.size() && value[i + 1] == '%') ++i;
    }
  }
  if (is_open) words.push_back(std::move(word));
  return words;
}

Result<std::string> quoted_word(std::string_view word) { return escaped(word, "%"); }

Result<std::string> quoted_argument(std::string_view word) { return escaped(word, "%$"); }

}  // namespace gw::service
