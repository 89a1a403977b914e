#include "config/schema.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace gw::config {
namespace {

bool is_one_of(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const std::size_t comma = std::min(choices.find(", "), choices.size());
    if (choices.substr(0, comma) == text) return true;
    choices.remove_prefix(std::min(choices.size(), comma + 2));
  }
  return false;
}

bool is_text(const json::Value& value) {
  return value.is_string() && !trimmed(json::view(value.get_string())).empty();
}

bool is_text_list(const json::Value& value) {
  return value.is_array() && std::ranges::all_of(value.get_array(), is_text);
}

// Paths, variables and headers would end there.
bool holds_nul(const json::Value& value) {
  if (value.is_string()) return json::view(value.get_string()).contains('\0');
  return value.is_array() && std::ranges::any_of(value.get_array(), holds_nul);
}

}  // namespace

const Key* find_key(std::string_view path) {
  const auto found = std::ranges::find(schema(), path, &Key::path);
  return found == schema().end() ? nullptr : &*found;
}

bool leads_to_key(std::string_view path) {
  return std::ranges::any_of(schema(), [&](const Key& key) {
    return key.path.size() > path.size() && key.path.starts_with(path) && key.path[path.size()] == '.';
  });
}

std::optional<std::int64_t> whole_number(const json::Value& value) {
  if (value.is_int64()) return value.get_int64();
  constexpr double kExactMax = 9007199254740992.0;
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (std::trunc(number) != number || std::abs(number) > kExactMax) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<std::string> problem_of(const Key& key, const json::Value& value) {
  const auto unless = [](bool right, std::string expected) -> std::optional<std::string> {
    if (right) return std::nullopt;
    return expected;
  };
  if (holds_nul(value)) return "expected a text without the character NUL";
  switch (key.type.kind) {
    case Kind::Bool:
      return unless(value.is_bool(), "expected true or false");
    case Kind::Integer: {
      const auto number = whole_number(value);
      return unless(number && *number >= key.type.low && *number <= key.type.high,
                    "expected a whole number from " + std::to_string(key.type.low) + " to " +
                        std::to_string(key.type.high));
    }
    case Kind::Text:
      return unless(is_text(value), "expected a text that is not blank");
    case Kind::AnyText:
      return unless(value.is_string(), "expected a text");
    case Kind::TextOrObject:
      return unless(is_text(value) || value.is_object(), "expected a text or an object");
    case Kind::AnyTextList:
      return unless(value.is_array() && std::ranges::all_of(value.get_array(), &json::Value::is_string),
                    "expected a list of texts");
    case Kind::TextList:
      return unless(is_text_list(value), "expected a list of texts");
    case Kind::Choice:
      return unless(value.is_string() && is_one_of(key.type.choices, json::view(value.get_string())),
                    "expected one of: " + std::string(key.type.choices));
    case Kind::Secret:
      return unless(value.is_string() || value.is_object(),
                    "expected a text or a secret reference {source, provider, id}");
    case Kind::List:
      return unless(value.is_array(), "expected a list");
  }
  return std::nullopt;
}

json::Value default_of(const Key& key) {
  struct ToJson {
    json::Value operator()(bool value) const { return value; }
    json::Value operator()(std::int64_t value) const { return value; }
    json::Value operator()(std::string_view value) const { return json::Value(value); }
    json::Value operator()(EmptyList) const { return json::Array(); }
    json::Value operator()(Nothing) const { return nullptr; }
    json::Value operator()(Required) const { return nullptr; }
    json::Value operator()(Follows) const { return nullptr; }
  };
  return std::visit(ToJson(), key.otherwise);
}

std::string shown_path(std::string_view path) {
  std::string shown;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('.', at), path.size());
    const Key* parent = at > 0 ? find_key(path.substr(0, at - 1)) : nullptr;
    const std::string_view name = path.substr(at, end - at);
    if (name != "*") {
      shown += (at > 0 ? "." : "") + std::string(name);
    } else if (parent && parent->type.kind == Kind::List) {
      shown += "[]";
    } else {
      shown += end == path.size() ? ".<name>" : ".<id>";
    }
    at = end + 1;
  }
  return shown;
}

}  // namespace gw::config
