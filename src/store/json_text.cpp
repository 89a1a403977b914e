#include "store/json_text.hpp"

namespace gw::store {
namespace {

Error damaged(std::string_view cause) {
  return Error{Code::Storage, "the database holds a damaged row: " + std::string(cause)};
}

Result<std::string> readable(std::string text) {
  if (auto value = json::parse(text); !value) {
    return fail(Code::InvalidRequest, "cannot be stored: " + value.error().message);
  }
  return text;
}

}  // namespace

Result<std::string> to_text(const json::Object& object) { return readable(json::serialize(object)); }
Result<std::string> to_text(const json::Array& array) {
  return readable(json::serialize(json::Value(array)));
}

Result<json::Object> to_object(std::string_view text) {
  auto value = json::parse(text);
  if (!value) return std::unexpected(damaged(value.error().message));
  if (!value->is_object()) return std::unexpected(damaged("not an object"));
  return std::move(value->get_object());
}

Result<json::Array> to_array(std::string_view text) {
  auto value = json::parse(text);
  if (!value) return std::unexpected(damaged(value.error().message));
  if (!value->is_array()) return std::unexpected(damaged("not an array"));
  return std::move(value->get_array());
}

}  // namespace gw::store
