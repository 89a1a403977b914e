#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gw::config {

/// The page with its tables of keys written anew from the schema: what stands between the lines
/// `<!-- keys: gateway commands -->` and `<!-- end of keys -->` becomes the table of the keys below these
/// names. Everything else stays. `Code::InvalidRequest` for a block without an end or without keys, and when
/// a key is in no block.
Result<std::string> with_key_tables(std::string_view page);

}  // namespace gw::config
