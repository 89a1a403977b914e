#pragma once

#include <span>
#include <string>
#include <string_view>

#include "json/value.hpp"

/// Changes one value of a JSON5 text and leaves every other byte as it was: comments, order, quotes, commas
/// and line ends.
namespace gw::json {

/// `text` with `value` at `path`: the old value is replaced, or a member is added after the last one, with
/// the objects on the way to it. A number names an item of a list; the number after the last one adds an
/// item. An empty text counts as `{}`. Fails with `Code::InvalidRequest` when the text is not JSON5, the path
/// is empty, or something on the way is neither an object nor a list.
Result<std::string> with_value(std::string_view text, std::span<const std::string> path, const Value& value);

/// `text` without the member at `path`; a line that held nothing else goes with it. `Code::NotFound` when
/// there is none, otherwise it fails as `with_value` does.
Result<std::string> without_value(std::string_view text, std::span<const std::string> path);

}  // namespace gw::json
