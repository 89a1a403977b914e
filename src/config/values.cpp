#include "config/values.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"

namespace gw::config {
namespace {

const Key& key_at(std::string_view below, std::string_view path) {
  const Key* key = find_key(below.empty() ? std::string(path) : std::string(below) + "." + std::string(path));
  GW_CHECK(key);
  return *key;
}

}  // namespace

const json::Value* Values::given(std::string_view path) const {
  const Key& key = key_at(below_, path);
  const std::size_t dot = path.rfind('.');
  const bool is_own = dot == std::string_view::npos;
  const json::Object* parent = is_own ? &object_ : object_at_path(object_, path.substr(0, dot));
  const json::Value* value = parent ? parent->if_contains(is_own ? path : path.substr(dot + 1)) : nullptr;
  return value && !problem_of(key, *value) ? value : nullptr;
}

json::Value Values::at(std::string_view path) const {
  const json::Value* value = given(path);
  return value ? *value : default_of(key_at(below_, path));
}

std::int64_t Values::number(std::string_view path) const {
  const auto number = whole_number(at(path));
  GW_CHECK(number);
  return *number;
}

std::string Values::text(std::string_view path) const {
  const json::Value value = at(path);
  return value.is_string() ? std::string(trimmed(json::view(value.get_string()))) : std::string();
}

std::vector<std::string> Values::texts(std::string_view path) const {
  std::vector<std::string> all;
  const json::Value list = at(path);
  if (!list.is_array()) return all;
  for (const json::Value& item : list.get_array()) all.emplace_back(json::view(item.as_string()));
  return all;
}

}  // namespace gw::config
