#include "mask/pattern_source.hpp"

#include <vector>

namespace gw::mask {
namespace {

bool is_flags(std::string_view text) { return text.find_first_not_of("dgimsuy") == std::string_view::npos; }

// What stands between the parentheses of each group that captures, in the order of their numbers.
std::vector<std::string_view> groups_of(std::string_view expression) {
  std::vector<std::string_view> groups;
  struct Open {
    std::size_t begin;
    std::size_t number;  // 0: it captures nothing.
  };
  std::vector<Open> open;
  bool in_class = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\') {
      ++i;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
    } else if (c == '(') {
      const bool captures = i + 1 >= expression.size() || expression[i + 1] != '?';
      if (captures) groups.emplace_back();
      open.push_back({i + 1, captures ? groups.size() : 0});
    } else if (c == ')' && !open.empty()) {
      const Open group = open.back();
      open.pop_back();
      if (group.number > 0) groups[group.number - 1] = expression.substr(group.begin, i - group.begin);
    }
  }
  return groups;
}

// Inside a back-reference's text, no group may count as one: the numbers of the others would change.
std::string without_captures(std::string_view group) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < group.size(); ++i) {
    out += group[i];
    if (group[i] == '\\' && i + 1 < group.size()) {
      out += group[++i];
    } else if (in_class) {
      in_class = group[i] != ']';
    } else if (group[i] == '[') {
      in_class = true;
    } else if (group[i] == '(' && (i + 1 == group.size() || group[i + 1] != '?')) {
      out += "?:";
    }
  }
  return out;
}

std::string without_back_references(std::string_view expression) {
  const auto groups = groups_of(expression);
  std::string out;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char following = i + 1 < expression.size() ? expression[i + 1] : '\0';
    const auto number = static_cast<std::size_t>(following - '0');
    if (expression[i] == '\\' && following >= '1' && following <= '9' && number <= groups.size()) {
      out += "(?:" + without_captures(groups[number - 1]) + ")";
      ++i;
    } else {
      out += expression[i];
      if (expression[i] == '\\' && following != '\0') out += expression[++i];
    }
  }
  return out;
}

}  // namespace

PatternSource pattern_source(std::string_view pattern) {
  PatternSource source;
  const std::size_t end = pattern.rfind('/');
  const bool has_flags = pattern.starts_with('/') && end > 1 && is_flags(pattern.substr(end + 1));
  if (has_flags) {
    const std::string_view flags = pattern.substr(end + 1);
    source.ignores_case = flags.contains('i');
    source.many_lines = flags.contains('m');
    source.dot_takes_newline = flags.contains('s');
    pattern = pattern.substr(1, end - 1);
  }
  source.expression = without_back_references(pattern);
  return source;
}

}  // namespace gw::mask
