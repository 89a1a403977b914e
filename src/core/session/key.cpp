#include "core/session/key.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gw::session {

Result<std::string> full_key(std::string_view key, std::string_view agent) {
  key = trimmed(key);
  if (key.empty()) return fail(Code::InvalidRequest, "session key is empty");
  const bool has_control = std::ranges::any_of(key, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (has_control) return fail(Code::InvalidRequest, "session key has control characters in it");

  std::string full = lower_ascii(key);
  if (agent_of(full).empty()) full = "agent:" + lower_ascii(agent) + ":" + full;
  if (full.size() > kKeyBytesMax) {
    return fail(Code::InvalidRequest,
                "session key is longer than " + std::to_string(kKeyBytesMax) + " bytes");
  }
  return full;
}

Result<std::string> key_of_id(std::string_view session_id, std::string_view agent) {
  session_id = trimmed(session_id);
  if (session_id.empty()) return fail(Code::InvalidRequest, "session id is empty");
  return full_key("agent:" + std::string(agent) + ":explicit:" + std::string(session_id), agent);
}

std::string_view agent_of(std::string_view key) {
  constexpr std::string_view kPrefix = "agent:";
  if (!key.starts_with(kPrefix)) return {};
  key.remove_prefix(kPrefix.size());
  const std::size_t end = key.find(':');
  if (end == std::string_view::npos || end + 1 == key.size()) return {};
  return key.substr(0, end);
}

}  // namespace gw::session
