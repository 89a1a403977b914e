#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gw::session {

inline constexpr std::size_t kKeyBytesMax = 512;
inline constexpr std::string_view kMainKey = "main";

/// The full key of a session: `agent:<agent>:<rest>` in lower case. Short keys belong to `agent`: `main`
/// becomes `agent:main:main`. `Code::InvalidRequest` when it is empty, too long or has control characters in
/// it.
Result<std::string> full_key(std::string_view key, std::string_view agent);

/// The key of a session that is named by its id only, as `openclaw agent --session-id` does.
Result<std::string> key_of_id(std::string_view session_id, std::string_view agent);

/// The agent in a full key; empty for another text.
std::string_view agent_of(std::string_view full_key);

}  // namespace gw::session
