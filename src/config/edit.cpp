#include "config/edit.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "json/json5.hpp"

namespace gw::config {
namespace {

constexpr std::string_view kExample =
    "; write it like gateway.port, agents.list[0].id or models.providers[\"a.b\"].api";

bool is_same(const Issue& a, const Issue& b) { return a.path == b.path && a.message == b.message; }

/// The text between brackets: a number, or a name in quotes.
std::string name_in_brackets(std::string_view inside) {
  const bool is_quoted = inside.size() >= 2 && (inside.front() == '"' || inside.front() == '\'') &&
                         inside.back() == inside.front();
  if (is_quoted) return std::string(inside.substr(1, inside.size() - 2));
  const bool is_number = !inside.empty() && inside.find_first_not_of("0123456789") == std::string_view::npos;
  return is_number ? std::string(inside) : std::string();
}

}  // namespace

Result<std::vector<std::string>> parse_path(std::string_view text) {
  const auto bad = [&] {
    return fail(Code::InvalidRequest,
                "\"" + std::string(cut_utf8(text, 200)) + "\" is not a path" + std::string(kExample));
  };
  std::vector<std::string> names;
  std::string_view rest = trimmed(text);
  while (!rest.empty()) {
    std::string name;
    if (rest.front() == '[') {
      const std::size_t end = rest.find(']');
      if (end == std::string_view::npos) return bad();
      name = name_in_brackets(rest.substr(1, end - 1));
      rest.remove_prefix(end + 1);
    } else {
      const std::size_t end = std::min(rest.find_first_of(".["), rest.size());
      name = rest.substr(0, end);
      rest.remove_prefix(end);
    }
    if (name.empty()) return bad();
    names.push_back(std::move(name));
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      if (rest.empty() || rest.front() == '[') return bad();
    }
  }
  if (names.empty()) return bad();
  return names;
}

json::Value typed_value(std::string_view text) {
  if (auto value = json::parse_json5(text)) return *std::move(value);
  return json::Value(text);
}

std::vector<Issue> new_issues(const std::vector<Issue>& before, const std::vector<Issue>& after) {
  std::vector<Issue> fresh;
  std::ranges::copy_if(after, std::back_inserter(fresh), [&](const Issue& issue) {
    return std::ranges::none_of(before, [&](const Issue& old) { return is_same(old, issue); });
  });
  return fresh;
}

std::string listed(const std::vector<Issue>& issues) {
  std::string all;
  for (const Issue& issue : issues) {
    if (!all.empty()) all += '\n';
    all += "- " + (issue.path.empty() ? std::string("<root>") : issue.path) + ": " + issue.message;
  }
  return all;
}

}  // namespace gw::config
