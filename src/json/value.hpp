#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "base/result.hpp"

/// The one JSON type of the product. Objects keep the order of their keys.
namespace gw::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;
using String = boost::json::string;

/// Strict JSON, at most `limits::kJsonDepthMax` levels deep. Fails with `Code::InvalidRequest`; the message
/// says what is wrong and at which byte.
Result<Value> parse(std::string_view text);

/// Compact text. Numbers are written as JavaScript writes them (`100`, `0.5`, never `1E2`).
std::string serialize(const Value& value);
std::string serialize(const Object& object);

/// Text for people: two spaces per level, a newline at the end.
std::string pretty(const Value& value);

/// The text of a string member, or `fallback` when it is absent or not a string.
std::string_view text_or(const Object& object, std::string_view key, std::string_view fallback = {});
std::int64_t int_or(const Object& object, std::string_view key, std::int64_t fallback);
bool bool_or(const Object& object, std::string_view key, bool fallback);
/// The member when it is an object / array, else nullptr.
const Object* object_at(const Object& object, std::string_view key);
const Array* array_at(const Object& object, std::string_view key);

inline std::string_view view(const String& text) { return {text.data(), text.size()}; }
inline std::string_view view(boost::json::string_view key) { return {key.data(), key.size()}; }
std::string_view view(String&&) = delete;  ///< Its text would be gone.

}  // namespace gw::json
