#include "json/json5_layout.hpp"

#include <algorithm>

#include "json/json5.hpp"
#include "json/json5_text.hpp"

namespace gw::json::json5 {
namespace {

std::size_t after_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  while (text[at] != quote) at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

std::size_t after_value(std::string_view text, std::size_t at) {
  if (text[at] == '"' || text[at] == '\'') return after_quoted(text, at);
  if (text[at] != '{' && text[at] != '[') {
    // A number or a word: up to what may follow a value.
    while (at < text.size()) {
      const Char c = decode(text, at);
      if (c.code == ',' || c.code == '}' || c.code == ']' || c.code == '/' || is_space(c.code)) break;
      at += c.bytes;
    }
    return at;
  }
  std::size_t depth = 0;
  do {
    at = skip_space(text, at);
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = after_quoted(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  } while (depth > 0);
  return at;
}

std::size_t after_key(std::string_view text, std::size_t at) {
  if (text[at] == '"' || text[at] == '\'') return after_quoted(text, at);
  while (true) {
    const Char c = decode(text, at);
    if (c.code == ':' || c.code == '/' || is_space(c.code)) return at;
    at += c.bytes;
  }
}

/// The parser itself resolves quotes and escapes.
std::string name_of(std::string_view key) {
  const auto object = parse_json5("{" + std::string(key) + ":0}");
  return std::string(object->get_object().begin()->key());
}

}  // namespace

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text.substr(at).starts_with("/*")) {
      at = text.find("*/", at + 2) + 2;
    } else if (text.substr(at).starts_with("//")) {
      while (at < text.size() && !ends_line(decode(text, at).code)) at += decode(text, at).bytes;
    } else if (const Char c = decode(text, at); is_space(c.code)) {
      at += c.bytes;
    } else {
      break;
    }
  }
  return at;
}

Span root_value(std::string_view text) {
  const std::size_t begin = skip_space(text, 0);
  return {begin, after_value(text, begin)};
}

std::optional<Container> container_at(std::string_view text, std::size_t at) {
  if (text[at] != '{' && text[at] != '[') return std::nullopt;
  Container all;
  all.is_list = text[at] == '[';
  all.inside.begin = at + 1;
  std::size_t next = skip_space(text, at + 1);
  while (text[next] != '}' && text[next] != ']') {
    Member member;
    if (!all.is_list) {
      member.key = {next, after_key(text, next)};
      member.name = name_of(text.substr(member.key.begin, member.key.end - member.key.begin));
      next = skip_space(text, skip_space(text, member.key.end) + 1);  // The colon between.
    }
    member.value = {next, after_value(text, next)};
    next = skip_space(text, member.value.end);
    if (text[next] == ',') {
      member.comma = next;
      next = skip_space(text, next + 1);
    }
    all.members.push_back(std::move(member));
  }
  all.inside.end = next;
  return all;
}

}  // namespace gw::json::json5
