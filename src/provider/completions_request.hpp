#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ports/model_client.hpp"

namespace gw {

/// The body of one `openai-completions` request. `max_tokens` 0: the server's own limit.
std::string completions_body(const ModelRequest& request, std::int64_t max_tokens);

/// A tool call id as it is sent back to a model: letters and digits only (`call_fake_69` becomes
/// `callfake69`), because some servers refuse other characters.
std::string plain_call_id(std::string_view id);

}  // namespace gw
