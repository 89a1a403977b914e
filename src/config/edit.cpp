#include "config/edit.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "config/includes.hpp"
#include "json/json5.hpp"

namespace gw::config {
namespace {

constexpr std::string_view kExample =
    "; write it like gateway.port, agents.list[0].id or models.providers[\"a.b\"].api";

bool is_same(const Issue& a, const Issue& b) { return a.path == b.path && a.message == b.message; }

/// The first object at or below `value` that has an `$include`; nullptr when none has.
const json::Object* any_include(const json::Value& value) {
  if (const json::Array* list = value.if_array()) {
    for (const json::Value& item : *list) {
      if (const json::Object* found = any_include(item)) return found;
    }
  }
  const json::Object* object = value.if_object();
  if (!object || object->contains(kInclude)) return object;
  for (const auto& member : *object) {
    if (const json::Object* found = any_include(member.value())) return found;
  }
  return nullptr;
}

/// The text between brackets: a number, or a name in quotes.
std::string name_in_brackets(std::string_view inside) {
  const bool is_quoted = inside.size() >= 2 && (inside.front() == '"' || inside.front() == '\'') &&
                         inside.back() == inside.front();
  if (is_quoted) return std::string(inside.substr(1, inside.size() - 2));
  const bool is_number = !inside.empty() && inside.find_first_not_of("0123456789") == std::string_view::npos;
  return is_number ? std::string(inside) : std::string();
}

/// The first object with an `$include` on the way to `names` or below them, and how many names lead there.
std::pair<const json::Object*, std::size_t> first_include(const json::Value& root,
                                                          const std::vector<std::string>& names) {
  const json::Value* at = &root;
  for (std::size_t depth = 0; at; ++depth) {
    const json::Object* object = at->if_object();
    if (object && object->contains(kInclude)) return {object, depth};
    if (depth == names.size()) return {any_include(*at), depth};
    const json::Array* list = at->if_array();
    const std::string& name = names[depth];
    const bool is_index =
        !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
    at = object             ? object->if_contains(name)
         : list && is_index ? list->if_contains(std::stoul(name))
                            : nullptr;
  }
  return {nullptr, 0};
}

std::unexpected<Error> included_elsewhere(const std::vector<std::string>& names) {
  std::string path;
  for (const std::string& name : names) path += (path.empty() ? "" : ".") + name;
  return fail(Code::Conflict,
              path +
                  " comes from or holds an $include; only a key of a section that is one included "
                  "file can be changed here: edit the files by hand");
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

Result<EditPlace> place_to_edit(std::string_view text, const Paths& paths, const Environment& environment,
                                const std::vector<std::string>& names) {
  const EditPlace main{paths.config_file, names};
  const auto root = json::parse_json5(text);
  if (!root || names.empty()) return main;  // A text that is not right is reported by the change itself.
  const auto [met, depth] = first_include(*root, names);
  if (!met) return main;
  const json::Value& name = met->at(kInclude);
  if (depth != 1 || names.size() == 1 || met->size() != 1 || !name.is_string())
    return included_elsewhere(names);
  Includes includes(paths, environment, {});
  auto file = includes.resolved(json::view(name.get_string()), paths.config_file);
  if (!file) return std::unexpected(std::move(file).error());
  EditPlace place{*std::move(file), {names.begin() + 1, names.end()}};
  const auto value = includes.read_file(place.file);
  if (!value) return std::unexpected(value.error());
  if (first_include(*value, place.names).first) return included_elsewhere(names);
  return place;
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
    all += "- " + (issue.path.empty() ? std::string("<root>") : issue.path) + ": " + issue.text();
  }
  return all;
}

}  // namespace gw::config
