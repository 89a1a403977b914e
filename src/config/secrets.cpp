#include "config/secrets.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/validate.hpp"

namespace gw::config {
namespace {

constexpr std::size_t kVariableCharsMax = 128;

bool is_variable_name(std::string_view name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto inside = [&](char c) { return upper(c) || c == '_' || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kVariableCharsMax && (upper(name.front()) || name.front() == '_') &&
         std::ranges::all_of(name, inside);
}

// The name in a text that begins with `${NAME}`; empty when it does not.
std::string_view name_in_braces(std::string_view text) {
  if (!text.starts_with("${")) return {};
  const std::size_t end = text.find('}');
  if (end == std::string_view::npos) return {};
  const std::string_view name = text.substr(2, end - 2);
  return is_variable_name(name) ? name : std::string_view();
}

}  // namespace

std::optional<std::string> Resolver::text(std::string_view text, const std::string& path) {
  std::string out;
  bool complete = true;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    if (const auto escaped = name_in_braces(text.substr(1)); !escaped.empty()) {
      out += text.substr(1, escaped.size() + 3);
      text.remove_prefix(escaped.size() + 4);
    } else if (const auto name = name_in_braces(text); !name.empty()) {
      const auto value = required_variable(std::string(name), path);
      if (value) out += *value;
      complete = complete && value.has_value();
      text.remove_prefix(name.size() + 3);
    } else {
      out += '$';
      text.remove_prefix(1);
    }
  }
  if (!complete) return std::nullopt;
  return out;
}

Secret Resolver::secret(const json::Value& value, const std::string& path) {
  std::optional<std::string> found;
  if (value.is_object()) {
    found = reference(value.get_object(), path);
  } else {
    const std::string_view given = trimmed(json::view(value.get_string()));
    const bool is_short = given.starts_with('$') && is_variable_name(given.substr(1));
    found = is_short ? required_variable(std::string(given.substr(1)), path) : text(given, path);
  }
  return found ? usable(*found, path) : Secret();
}

Secret Resolver::secret_variable(const std::string& name, const std::string& path) {
  const auto value = environment_(name);
  if (!value || trimmed(*value).empty()) return {};
  return usable(*value, path);
}

std::optional<std::string> Resolver::variable(const std::string& name) const {
  if (auto value = environment_(name); value && !value->empty()) return value;
  for (const char* block : {"env.vars", "env"}) {
    const json::Object* object = object_at_path(root_, block);
    const std::string_view value = object ? json::text_or(*object, name) : std::string_view();
    if (!value.empty()) return std::string(value);
  }
  return std::nullopt;
}

std::optional<std::string> Resolver::required_variable(const std::string& name, const std::string& path) {
  asked_.insert(name);
  auto value = variable(name);
  if (!value) issue(path, "the environment variable " + name + " is not set");
  return value;
}

std::optional<std::string> Resolver::reference(const json::Object& object, const std::string& path) {
  const std::string_view source = json::text_or(object, "source");
  if (source == "file" || source == "exec" || source == "store") {
    issue(path, "secret references with source \"" + std::string(source) +
                    "\" are not supported in this release: use source \"env\"");
    return std::nullopt;
  }
  const std::string id(json::text_or(object, "id"));
  if (source != "env" || !is_variable_name(id)) {
    issue(
        path,
        "expected a secret reference {source: \"env\", provider, id} whose id names an environment variable");
    return std::nullopt;
  }
  return required_variable(id, path);
}

Secret Resolver::usable(std::string_view text, const std::string& path) {
  const std::string_view value = trimmed(text);
  if (value.empty() || value == "undefined" || value == "null" || value == kRedacted) {
    issue(path, value.empty() ? "a blank text is not usable as a secret"
                              : "\"" + std::string(value) + "\" is a placeholder, not usable as a secret");
    return {};
  }
  return Secret(std::string(value));
}

}  // namespace gw::config
