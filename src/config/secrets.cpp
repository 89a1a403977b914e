#include "config/secrets.hpp"

#include <algorithm>
#include <iterator>
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

bool is_placeholder(std::string_view text) {
  const std::string_view value = trimmed(text);
  return value.empty() || value == "undefined" || value == "null" || value == kRedacted;
}

bool is_reference(const json::Value& value) {
  if (!value.is_string()) return value.is_object();
  const std::string_view text = trimmed(json::view(value.get_string()));
  const std::string_view name = name_in_braces(text);
  if (!name.empty()) return text.size() == name.size() + 3;
  return text.starts_with('$') && is_variable_name(text.substr(1));
}

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
  const auto ref = read_reference(object, root_);
  if (!ref) {
    issue(path, ref.error().message);
    return std::nullopt;
  }
  return ref->source == "env" ? required_variable(ref->id, path) : answer_of_provider(*ref, path);
}

std::optional<std::string> Resolver::answer_of_provider(const SecretRef& ref, const std::string& path) {
  const auto provider = known_.find(ref.provider);
  if (provider != known_.end()) {
    if (const auto answer = provider->second.find(ref.id); answer != provider->second.end()) {
      if (answer->second) return answer->second->reveal();
      issue(path, "the secret cannot be had from the provider \"" + ref.provider +
                      "\": " + answer->second.error().message);
      return std::nullopt;
    }
  }
  unknown_.emplace_back(path, ref);
  return std::nullopt;
}

std::vector<SecretQuery> Resolver::queries_below(std::string_view path) {
  std::vector<SecretQuery> queries;
  for (const auto& [place, ref] : unknown_) {
    const bool is_below = path.empty() || place == path || place.starts_with(std::string(path) + ".");
    if (!is_below) continue;
    auto query = std::ranges::find(queries, ref.provider, &SecretQuery::provider);
    if (query == queries.end()) {
      const json::Value definition(*provider_definition(root_, ref.provider));
      queries.push_back(
          {ref.provider, filled(definition, "secrets.providers." + ref.provider).get_object(), {}});
      query = std::prev(queries.end());
    }
    if (std::ranges::find(query->ids, ref.id) == query->ids.end()) query->ids.push_back(ref.id);
  }
  return queries;
}

json::Value Resolver::filled(const json::Value& value, const std::string& path) {
  if (const json::String* string = value.if_string()) {
    return json::Value(text(json::view(*string), path).value_or(""));
  }
  json::Value copy = value;
  if (json::Object* object = copy.if_object()) {
    for (auto& member : *object) {
      const std::string name(member.key().data(), member.key().size());
      member.value() = filled(member.value(), path + "." + name);
    }
  } else if (json::Array* array = copy.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      (*array)[i] = filled((*array)[i], path + "." + std::to_string(i));
    }
  }
  return copy;
}

Secret Resolver::usable(std::string_view text, const std::string& path) {
  const std::string_view value = trimmed(text);
  if (is_placeholder(value)) {
    issue(path, value.empty() ? "a blank text is not usable as a secret"
                              : "\"" + std::string(value) + "\" is a placeholder, not usable as a secret");
    return {};
  }
  return Secret(std::string(value));
}

}  // namespace gw::config
