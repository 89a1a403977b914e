#include "base/text.hpp"
#include "config/edit.hpp"
#include "config/schema.hpp"

namespace gw::config {
namespace {

json::Array choices_of(std::string_view text) {
  json::Array all;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(", "), text.size());
    all.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(text.size(), comma + 2));
  }
  return all;
}

json::Object secret_schema() {
  return {{"anyOf",
           {{{"type", "string"}},
            {{"type", "object"},
             {"properties",
              {{"source", {{"type", "string"}}},
               {"provider", {{"type", "string"}}},
               {"id", {{"type", "string"}}}}},
             {"required", {"source", "id"}}}}}};
}

json::Object type_of(const Key& key) {
  switch (key.type.kind) {
    case Kind::Bool:
      return {{"type", "boolean"}};
    case Kind::Integer:
      return {{"type", "integer"}, {"minimum", key.type.low}, {"maximum", key.type.high}};
    case Kind::Text:
      return {{"type", "string"}, {"pattern", "\\S"}};
    case Kind::AnyText:
      return {{"type", "string"}};
    case Kind::TextOrObject:
      return {{"type", {"string", "object"}}};
    case Kind::AnyTextList:
      return {{"type", "array"}, {"items", {{"type", "string"}}}};
    case Kind::TextList:
      return {{"type", "array"}, {"items", {{"type", "string"}, {"pattern", "\\S"}}}};
    case Kind::Choice:
      return {{"enum", choices_of(key.type.choices)}};
    case Kind::Secret:
      return secret_schema();
    case Kind::List:
      return {{"type", "array"}};
  }
  return {};
}

json::Object schema_of(const Key& key) {
  json::Object schema = type_of(key);
  schema["title"] = shown_path(key.path);
  const std::string unit = key.type.kind == Kind::Integer && !key.type.form.empty()
                               ? " (" + std::string(key.type.form) + ")"
                               : std::string();
  schema["description"] = std::string(key.meaning) + unit;
  if (json::Value value = default_of(key); !value.is_null()) schema["default"] = std::move(value);
  return schema;
}

json::Object& object_in(json::Object& parent, std::string_view name) {
  json::Value& value = parent[name];
  if (!value.is_object()) value = json::Object();
  return value.get_object();
}

void require(json::Object& schema, std::string_view name) {
  json::Value& names = schema["required"];
  if (!names.is_array()) names = json::Array();
  names.get_array().emplace_back(name);
}

void add(json::Object& schema, std::string_view path, const Key& key) {
  if (path.empty()) {
    for (auto& [name, value] : schema_of(key)) schema[name] = std::move(value);
    return;
  }
  const std::size_t dot = std::min(path.find('.'), path.size());
  const std::string_view name = path.substr(0, dot);
  const std::string_view rest = path.substr(std::min(path.size(), dot + 1));
  const bool is_list = schema.contains("type") && schema.at("type") == "array";
  if (!schema.contains("type")) schema["type"] = "object";
  if (is_list) return add(object_in(schema, "items"), rest, key);
  if (name == "*") return add(object_in(schema, "additionalProperties"), rest, key);
  if (rest.empty() && std::holds_alternative<Required>(key.otherwise)) require(schema, name);
  add(object_in(object_in(schema, "properties"), name), rest, key);
}

}  // namespace

json::Value json_schema() {
  json::Object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "openclaw.json"}};
  for (const Key& key : schema()) add(root, key.path, key);
  return root;
}

}  // namespace gw::config
