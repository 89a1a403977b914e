#include "service/xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/text.hpp"

namespace gw::service {
namespace {

constexpr int kDepthMax = 32;
constexpr std::string_view kSpace = " \t\r\n";

struct Entity {
  std::string_view name;
  char character;
};

constexpr auto kEntities =
    std::to_array<Entity>({{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}});

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Result<XmlElement> document() {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    if (!pass_prologue()) return bad();
    auto root = element(1);
    if (!root) return root;
    if (!pass_prologue() || !rest_.empty()) return bad();
    return root;
  }

 private:
  static std::unexpected<Error> bad() { return fail(Code::InvalidRequest, "it is not well-formed XML"); }

  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }

  /// Up to and with `end`; nothing when it does not come.
  std::optional<std::string_view> take_until(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view taken = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return taken;
  }

  void pass_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size())); }

  /// Declarations, comments and the document type outside of the root. False when one does not end.
  bool pass_prologue() {
    for (pass_space(); !rest_.empty(); pass_space()) {
      if (take("<?")) {
        if (!take_until("?>")) return false;
      } else if (take("<!--")) {
        if (!take_until("-->")) return false;
      } else if (take("<!DOCTYPE")) {
        if (!take_until(">")) return false;
      } else {
        return true;
      }
    }
    return true;
  }

  Result<XmlElement> element(int depth) {
    if (depth > kDepthMax || !take("<")) return bad();
    XmlElement made;
    const std::size_t length = rest_.find_first_of(" \t\r\n/>");
    if (length == std::string_view::npos || length == 0 || rest_.front() == '!') return bad();
    made.name = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (!pass_attributes()) return bad();
    if (take("/>")) return made;
    if (!take(">")) return bad();
    return content(std::move(made), depth);
  }

  bool pass_attributes() {
    for (pass_space(); !rest_.empty() && !rest_.starts_with(">") && !rest_.starts_with("/>"); pass_space()) {
      if (!take_until("=")) return false;
      pass_space();
      if (!(take("\"") ? take_until("\"") : take("'") ? take_until("'") : std::nullopt)) return false;
    }
    return true;
  }

  Result<XmlElement> content(XmlElement made, int depth) {
    while (!rest_.empty()) {
      if (take("</")) {
        const auto name = take_until(">");
        if (!name || trimmed(*name) != made.name) return bad();
        return made;
      }
      if (take("<!--")) {
        if (!take_until("-->")) return bad();
      } else if (rest_.starts_with("<")) {
        auto inner = element(depth + 1);
        if (!inner) return inner;
        made.children.push_back(*std::move(inner));
      } else if (take("&")) {
        const auto name = take_until(";");
        const std::string character = name ? character_of(*name) : std::string();
        if (character.empty()) return bad();
        made.text += character;
      } else {
        const std::size_t end = std::min(rest_.find_first_of("<&"), rest_.size());
        made.text += rest_.substr(0, end);
        rest_.remove_prefix(end);
      }
    }
    return bad();
  }

  /// What `&name;` stands for; empty: nothing.
  static std::string character_of(std::string_view name) {
    if (name.starts_with('#')) {
      const bool is_hex = name.starts_with("#x");
      const std::string_view digits = name.substr(is_hex ? 2 : 1);
      std::uint32_t code = 0;
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
      if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return {};
      return utf8_of(code);
    }
    const auto* const at = std::ranges::find(kEntities, name, &Entity::name);
    return at == kEntities.end() ? std::string() : std::string(1, at->character);
  }

  std::string_view rest_;
};

}  // namespace

std::string utf8_of(std::uint32_t code) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
  if (code < 0x10000)
    return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
  return {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
          byte(0x80 | (code & 0x3F))};
}

const XmlElement* XmlElement::child(std::string_view child_name) const {
  const auto at = std::ranges::find(children, child_name, &XmlElement::name);
  return at == children.end() ? nullptr : &*at;
}

Result<XmlElement> parse_xml(std::string_view text) { return Reader(text).document(); }

Result<std::string> xml_escaped(std::string_view text) {
  if (!is_valid_utf8(text)) return fail(Code::InvalidRequest, "broken UTF-8 cannot stand in XML");
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return fail(Code::InvalidRequest,
                  "a control character cannot stand in XML: " + std::string(cut_utf8(text, 80)));
    }
    const auto* const entity = c == '\'' || c == '"' ? kEntities.end()  // They need it in attributes only.
                                                     : std::ranges::find(kEntities, c, &Entity::character);
    out += entity == kEntities.end() ? std::string(1, c) : "&" + std::string(entity->name) + ";";
  }
  return out;
}

}  // namespace gw::service
