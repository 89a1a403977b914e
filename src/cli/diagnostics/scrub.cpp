#include "cli/diagnostics/scrub.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace gw::cli::diagnostics {
namespace {

constexpr std::size_t kSecretBytesMin = 4;
constexpr std::size_t kRandomBytesMin = 24;  // A word of letters and digits of that length is no name.
constexpr std::size_t kPrefixedBytesMin = 12;
constexpr auto kSecretNames = std::to_array<std::string_view>(
    {"token", "password", "passwd", "passphrase", "secret", "apikey", "api_key", "api-key", "privatekey",
     "authorization", "cookie", "credential"});
constexpr auto kSecretPrefixes = std::to_array<std::string_view>(
    {"sk-", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza", "eyJ", "hf_"});
constexpr auto kSpokenMembers =
    std::to_array<std::string_view>({"recent", "sessionKey", "key", "label", "title", "text", "prompt",
                                     "content", "displayName", "mainSessionKey", "presence"});
constexpr auto kSafeLogFields = std::to_array<std::string_view>(
    {"id", "outcome", "phase", "version", "code", "mode", "kind", "method", "event", "reason", "status",
     "error", "bootId", "runId", "provider", "signal", "traceId", "spanId"});

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '+' || c == '='; }
bool ends_value(char c) { return c == '"' || c == '\'' || c == ',' || c == ';' || c == '}' || c == '&'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

bool is_uuid(std::string_view word) {
  if (word.size() != 36) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = word[i];
    if (is_dash ? c != '-' : !(is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
  }
  return true;
}

bool looks_random(std::string_view word) {
  if (word.size() >= kPrefixedBytesMin &&
      std::ranges::any_of(kSecretPrefixes, [&](std::string_view p) { return word.starts_with(p); })) {
    return true;
  }
  return word.size() >= kRandomBytesMin && !is_uuid(word) && std::ranges::any_of(word, is_digit) &&
         std::ranges::any_of(word, is_letter);
}

bool ends_with_secret_name(std::string_view text) {
  const std::string end = lower_ascii(text.substr(text.size() - std::min<std::size_t>(text.size(), 16)));
  return std::ranges::any_of(kSecretNames, [&](std::string_view name) { return end.ends_with(name); });
}

/// Where the value begins that stands behind the name of a secret ending at `at`: after `=` or `:`, quotes
/// and spaces; `npos` when nothing is assigned there.
std::size_t value_after_name(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '"' || text[at] == '\'' || text[at] == ' ')) ++at;
  if (at >= text.size() || (text[at] != '=' && text[at] != ':')) return std::string_view::npos;
  ++at;
  while (at < text.size() && (text[at] == '"' || text[at] == '\'' || text[at] == ' ')) ++at;
  return at;
}

/// The end of the credentials in `//user:password@`, which begin at `at`; `at` when there are none.
std::size_t user_info_end(std::string_view text, std::size_t at) {
  for (std::size_t end = at; end < text.size(); ++end) {
    const char c = text[end];
    if (c == '@') return end;
    if (c == '/' || c == '?' || c == '#' || is_space(c) || c == '"') break;
  }
  return at;
}

/// One pass over a text from its beginning to its end.
class Pass {
 public:
  explicit Pass(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    if (text_.substr(at_).starts_with("://")) {
      out_ += "://";
      at_ += 3;
      if (const std::size_t end = user_info_end(text_, at_); end > at_) hide_to(end);
      return;
    }
    if (!is_word(text_[at_])) {
      out_ += text_[at_++];
      return;
    }
    // `=` belongs to a word as padding only: after a name it begins a value.
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end]) && text_[end] != '=') ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    if (ends_with_secret_name(name)) {
      if (const std::size_t value = value_after_name(text_, end); value != std::string_view::npos) {
        return hide_value(value);
      }
    }
    if (const std::string word = lower_ascii(name); word == "bearer" || word == "basic") {
      if (end < text_.size() && text_[end] == ' ') return hide_value(end + 1);
    }
    if (looks_random(name)) {
      while (end < text_.size() && text_[end] == '=') ++end;
      return hide_to(end);
    }
    out_ += name;
    at_ = end;
  }

  void hide_value(std::size_t begin) {
    out_ += text_.substr(at_, begin - at_);
    at_ = begin;
    std::size_t end = begin;
    while (end < text_.size() && !is_space(text_[end]) && !ends_value(text_[end])) ++end;
    const std::string word = lower_ascii(text_.substr(begin, end - begin));
    if ((word == "bearer" || word == "basic") && end < text_.size() && text_[end] == ' ') {
      out_ += text_.substr(begin, end + 1 - begin);
      at_ = end + 1;
      return hide_value(at_);
    }
    if (end > begin) hide_to(end);
  }

  void hide_to(std::size_t end) {
    out_ += Scrubber::kHidden;
    at_ = end;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

void Scrubber::hide(const Secret& secret) {
  if (secret.reveal().size() < kSecretBytesMin) return;
  secrets_.push_back(secret.reveal());
  // A secret may be part of another one: the longest is looked for first.
  std::ranges::sort(secrets_, std::ranges::greater{}, &std::string::size);
}

void Scrubber::rename(std::string path, std::string name) {
  if (path.size() < 2) return;
  paths_.emplace_back(std::move(path), std::move(name));
  std::ranges::sort(paths_, std::ranges::greater{}, [](const auto& entry) { return entry.first.size(); });
}

std::string Scrubber::text(std::string_view text) const {
  std::string out(text);
  for (const std::string& secret : secrets_) replace_all(out, secret, kHidden);
  for (const auto& [path, name] : paths_) replace_all(out, path, name);
  return Pass(out).run();
}

json::Value Scrubber::value(const json::Value& value) const {
  if (const json::String* string = value.if_string()) return json::Value(text(json::view(*string)));
  if (const json::Array* array = value.if_array()) {
    json::Array out;
    for (const json::Value& item : *array) out.push_back(this->value(item));
    return out;
  }
  const json::Object* object = value.if_object();
  if (!object) return value;
  json::Object out;
  for (const auto& member : *object) {
    const std::string_view name(member.key().data(), member.key().size());
    const bool is_spoken = is_one_of(kSpokenMembers, name) && !member.value().is_number();
    if (is_spoken) continue;
    const bool is_secret = ends_with_secret_name(name) && member.value().is_string();
    out[text(name)] = is_secret ? json::Value(kHidden) : this->value(member.value());
  }
  return out;
}

json::Value scrubbed_log_line(std::string_view line, const Scrubber& scrubber) {
  const auto parsed = json::parse(line);
  const json::Object* record = parsed ? parsed->if_object() : nullptr;
  if (!record) return nullptr;
  const auto scrubbed = [&](std::string_view name) {
    return json::Value(scrubber.text(json::text_or(*record, name)));
  };
  json::Object out{
      {"time", scrubbed("time")}, {"level", scrubbed("level")}, {"subsystem", scrubbed("subsystem")}};
  if (const json::Object* meta = json::object_at(*record, "_meta"); meta && !record->contains("level")) {
    out["level"] = lower_ascii(json::text_or(*meta, "logLevelName"));
    out["subsystem"] = scrubber.text(json::text_or(*meta, "name"));
  }
  out["message"] = scrubbed("message");
  for (const auto& member : *record) {
    const std::string_view name(member.key().data(), member.key().size());
    if (out.contains(name) || name == "_meta" || name == "0" || name == "1") continue;
    const json::Value& field = member.value();
    if (field.is_number() || field.is_bool()) {
      out[name] = field;
    } else if (field.is_string() && is_one_of(kSafeLogFields, name)) {
      out[name] = scrubber.text(json::view(field.get_string()));
    }
  }
  return out;
}

json::Value shape_of(const json::Value& value) {
  if (value.is_bool()) return "boolean";
  if (value.is_number()) return "number";
  if (value.is_string()) return "string";
  if (value.is_null()) return "null";
  if (const json::Array* array = value.if_array()) {
    json::Array out;
    for (const json::Value& item : *array) out.push_back(shape_of(item));
    return out;
  }
  json::Object out;
  for (const auto& member : value.get_object()) out[member.key()] = shape_of(member.value());
  return out;
}

}  // namespace gw::cli::diagnostics
