#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/config.hpp"
#include "config/secrets.hpp"

namespace gw::config {
namespace {

// Ends of names, in lower case and without `-` and `_`. `maxTokens` and `tokenFile` are not among them.
constexpr auto kSecretEnds = std::to_array<std::string_view>(
    {"token", "password", "passphrase", "passwd", "secret", "apikey", "privatekey", "accesskey", "secretkey",
     "authorization", "cookie", "credential"});

bool names_secret(std::string_view key) {
  std::string name = lower_ascii(key);
  std::erase_if(name, [](char c) { return c == '-' || c == '_'; });
  return std::ranges::any_of(kSecretEnds, [&](std::string_view end) { return name.ends_with(end); });
}

// Maps whose names are the user's own and whose values mostly are secrets.
bool holds_secrets(std::string_view key) { return key == "headers" || key == "env" || key == "vars"; }

// Anything besides these three may be a secret itself.
bool is_plain_reference(const json::Object& object) {
  return object.contains("source") && object.contains("id") &&
         object.size() == (object.contains("provider") ? 3u : 2u);
}

// `https://user:password@host`: the whole text is hidden, so that no half of it is taken for the real one.
bool has_user_info(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = text.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#")).contains('@');
}

void redact(json::Value& value, bool secret) {
  if (json::Object* object = value.if_object()) {
    if (is_plain_reference(*object)) return;
    for (auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      redact(member.value(), secret || names_secret(key) || holds_secrets(key));
    }
  } else if (json::Array* array = value.if_array()) {
    for (auto& item : *array) redact(item, secret);
  } else if (const json::String* text = value.if_string()) {
    if ((secret && !text->empty()) || has_user_info(json::view(*text))) value = kRedacted;
  } else if (secret && value.is_number()) {
    value = kRedacted;
  }
}

}  // namespace

json::Value redacted(const json::Value& source) {
  json::Value copy = source;
  redact(copy, false);
  return copy;
}

}  // namespace gw::config
