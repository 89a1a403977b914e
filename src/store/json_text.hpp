#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "json/value.hpp"

namespace gw::store {

/// The text kept in a JSON column. Fails with `Code::InvalidRequest` for what could not be read back: too
/// deep, or not UTF-8. One such row would make a whole session unreadable.
Result<std::string> to_text(const json::Object& object);
Result<std::string> to_text(const json::Array& array);

/// The other way. Fails with `Code::Storage`: the row was damaged.
Result<json::Object> to_object(std::string_view text);
Result<json::Array> to_array(std::string_view text);

}  // namespace gw::store
