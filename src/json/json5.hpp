#pragma once

#include <string_view>

#include "json/value.hpp"

namespace gw::json {

/// JSON5 (comments, trailing commas, unquoted keys, single quotes, hexadecimal and signed numbers) into the
/// same value as `parse`. Fails with `Code::InvalidRequest` and a message that starts `line L, column C: `,
/// both from 1, the column counted in bytes. A key that stands twice in one object is an error. At most
/// `limits::kJsonDepthMax` levels.
Result<Value> parse_json5(std::string_view text);

}  // namespace gw::json
