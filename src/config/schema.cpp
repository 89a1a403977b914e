#include "config/schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"

namespace gw::config {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMonthSeconds = 2'592'000;
constexpr std::int64_t kSecretBytesMax = 20'971'520;
constexpr std::int64_t kTokensMax = 1'000'000'000;

constexpr auto kKeys = std::to_array<Key>({
    {"gateway.mode", Kind::Choice, 0, 0, "local, remote"},
    {"gateway.port", Kind::Integer, 1, 65'535},
    {"gateway.bind", Kind::Choice, 0, 0, "loopback, lan, auto, tailnet, custom"},
    {"gateway.customBindHost", Kind::Text},
    {"gateway.auth.mode", Kind::Choice, 0, 0, "none, token, password, trusted-proxy"},
    {"gateway.auth.token", Kind::Secret},
    {"gateway.auth.password", Kind::Secret},
    {"gateway.controlUi.allowedOrigins", Kind::TextList},
    {"gateway.reload.mode", Kind::Choice, 0, 0, "hybrid, hot, restart, off"},
    {"gateway.reload.debounceMs", Kind::Integer, 0, 60'000},
    {"gateway.reload.deferralTimeoutMs", Kind::Integer, 0, 7 * kDayMs},
    {"gateway.tls.enabled", Kind::Bool},
    {"commands.restart", Kind::Bool},
    {"agents.defaults.maxConcurrent", Kind::Integer, 1, 256},
    {"agents.defaults.timeoutSeconds", Kind::Integer, 1, kMonthSeconds},
    {"agents.defaults.model", Kind::TextOrObject},
    {"agents.defaults.model.primary", Kind::Text},
    {"agents.list", Kind::List},
    {"agents.list.*.id", Kind::Text},
    {"agents.list.*.default", Kind::Bool},
    {"agents.entries.*.default", Kind::Bool},
    {"models.providers.*.baseUrl", Kind::Text},
    {"models.providers.*.api", Kind::Text},
    {"models.providers.*.apiKey", Kind::Secret},
    {"models.providers.*.headers.*", Kind::Secret},
    {"models.providers.*.timeoutSeconds", Kind::Integer, 1, kMonthSeconds},
    {"models.providers.*.models", Kind::List},
    {"models.providers.*.models.*.id", Kind::Text},
    {"models.providers.*.models.*.name", Kind::Text},
    {"models.providers.*.models.*.reasoning", Kind::Bool},
    {"models.providers.*.models.*.contextWindow", Kind::Integer, 0, kTokensMax},
    {"models.providers.*.models.*.maxTokens", Kind::Integer, 0, kTokensMax},
    {"logging.level", Kind::Choice, 0, 0, "silent, fatal, error, warn, info, debug, trace"},
    {"logging.consoleLevel", Kind::Choice, 0, 0, "silent, fatal, error, warn, info, debug, trace"},
    {"logging.consoleStyle", Kind::Choice, 0, 0, "pretty, compact, json"},
    {"logging.redactPatterns", Kind::TextList},
    {"logging.file", Kind::Text},
    {"logging.maxFileBytes", Kind::Integer, 1'024, 1'000'000'000'000},
    {"secrets.providers.*.source", Kind::Choice, 0, 0, "env, file, exec"},
    {"secrets.providers.*.allowlist", Kind::TextList},
    {"secrets.providers.*.path", Kind::Text},
    {"secrets.providers.*.mode", Kind::Choice, 0, 0, "json, singleValue"},
    {"secrets.providers.*.timeoutMs", Kind::Integer, 1, 120'000},
    {"secrets.providers.*.maxBytes", Kind::Integer, 1, kSecretBytesMax},
    {"secrets.providers.*.command", Kind::Text},
    {"secrets.providers.*.args", Kind::AnyTextList},
    {"secrets.providers.*.noOutputTimeoutMs", Kind::Integer, 1, 120'000},
    {"secrets.providers.*.maxOutputBytes", Kind::Integer, 1, kSecretBytesMax},
    {"secrets.providers.*.jsonOnly", Kind::Bool},
    {"secrets.providers.*.env.*", Kind::AnyText},
    {"secrets.providers.*.passEnv", Kind::TextList},
    {"secrets.providers.*.trustedDirs", Kind::TextList},
    {"secrets.providers.*.allowSymlinkCommand", Kind::Bool},
    {"secrets.defaults.env", Kind::Text},
    {"secrets.defaults.file", Kind::Text},
    {"secrets.defaults.exec", Kind::Text},
    {"env.vars.*", Kind::AnyText},
    {"env.*", Kind::AnyText},
    {"native.restart.crashLoopStarts", Kind::Integer, 0, 100},
    {"native.restart.openPhaseMs", Kind::Integer, 0, kDayMs},
    {"native.restart.probationMs", Kind::Integer, 0, kDayMs},
    {"native.echo.chunkDelayMs", Kind::Integer, 0, 60'000},
    {"native.echo.chunkChars", Kind::Integer, 1, 1'000'000},
});

bool is_one_of(std::string_view choices, std::string_view text) {
  while (!choices.empty()) {
    const std::size_t comma = std::min(choices.find(", "), choices.size());
    if (choices.substr(0, comma) == text) return true;
    choices.remove_prefix(std::min(choices.size(), comma + 2));
  }
  return false;
}

bool is_text(const json::Value& value) {
  return value.is_string() && !trimmed(json::view(value.get_string())).empty();
}

bool is_text_list(const json::Value& value) {
  return value.is_array() && std::ranges::all_of(value.get_array(), is_text);
}

}  // namespace

std::span<const Key> schema() { return kKeys; }

const Key* find_key(std::string_view path) {
  const auto found = std::ranges::find(kKeys, path, &Key::path);
  return found == kKeys.end() ? nullptr : &*found;
}

bool leads_to_key(std::string_view path) {
  return std::ranges::any_of(kKeys, [&](const Key& key) {
    return key.path.size() > path.size() && key.path.starts_with(path) && key.path[path.size()] == '.';
  });
}

std::optional<std::int64_t> whole_number(const json::Value& value) {
  if (value.is_int64()) return value.get_int64();
  constexpr double kExactMax = 9007199254740992.0;
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (std::trunc(number) != number || std::abs(number) > kExactMax) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<std::string> problem_of(const Key& key, const json::Value& value) {
  const auto unless = [](bool right, std::string expected) -> std::optional<std::string> {
    if (right) return std::nullopt;
    return expected;
  };
  switch (key.kind) {
    case Kind::Bool:
      return unless(value.is_bool(), "expected true or false");
    case Kind::Integer: {
      const auto number = whole_number(value);
      return unless(
          number && *number >= key.low && *number <= key.high,
          "expected a whole number from " + std::to_string(key.low) + " to " + std::to_string(key.high));
    }
    case Kind::Text:
      return unless(is_text(value), "expected a text that is not blank");
    case Kind::AnyText:
      return unless(value.is_string(), "expected a text");
    case Kind::TextOrObject:
      return unless(is_text(value) || value.is_object(), "expected a text or an object");
    case Kind::AnyTextList:
      return unless(value.is_array() && std::ranges::all_of(value.get_array(), &json::Value::is_string),
                    "expected a list of texts");
    case Kind::TextList:
      return unless(is_text_list(value), "expected a list of texts");
    case Kind::Choice:
      return unless(value.is_string() && is_one_of(key.choices, json::view(value.get_string())),
                    "expected one of: " + std::string(key.choices));
    case Kind::Secret:
      return unless(value.is_string() || value.is_object(),
                    "expected a text or a secret reference {source, provider, id}");
    case Kind::List:
      return unless(value.is_array(), "expected a list");
  }
  return std::nullopt;
}

}  // namespace gw::config
