#include "json/json5.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "json/json5_text.hpp"

namespace gw::json {
namespace {

using namespace json5;

/// Recursive descent; the recursion ends at `limits::kJsonDepthMax`.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Value> document();

 private:
  Result<Value> value();
  Result<Value> object();
  Result<Value> array();
  Result<Value> word();
  Result<Value> number();
  Result<Value> hex_number(bool negative, std::size_t start);
  Result<Value> decimal_number(bool negative, std::size_t start);
  Result<std::string> key();
  Result<std::string> name();
  Result<std::string> quoted();
  Status escape(std::string& out);
  Status unicode_escape(std::string& out, std::size_t start);
  Result<char32_t> hex_digits(int count);
  Status skip_space();
  Status skip_comment();

  bool at_end() const { return at_ >= text_.size(); }
  char32_t peek() const { return at_end() ? U'\0' : decode(text_, at_).code; }
  bool looking_at(std::string_view token) const { return text_.substr(at_).starts_with(token); }
  void advance() { at_ += decode(text_, at_).bytes; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string found() const { return at_end() ? "the end of the text" : shown(peek()); }
  std::unexpected<Error> problem(std::size_t at, const std::string& what) const {
    return fail(Code::InvalidRequest, place(text_, at) + ": " + what);
  }
  std::unexpected<Error> problem(const std::string& what) const { return problem(at_, what); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

Result<Value> Parser::document() {
  if (auto ok = skip_space(); !ok) return std::unexpected(std::move(ok).error());
  if (at_end()) return problem("the text holds no value");
  auto root = value();
  if (!root) return root;
  if (auto ok = skip_space(); !ok) return std::unexpected(std::move(ok).error());
  if (!at_end()) return problem("expected nothing after the value, found " + found());
  return root;
}

Result<Value> Parser::value() {
  const char32_t c = peek();
  if (c == '{' || c == '[') {
    if (depth_ == limits::kJsonDepthMax) {
      return problem("more than " + std::to_string(limits::kJsonDepthMax) + " levels of nesting");
    }
    ++depth_;
    auto result = c == '{' ? object() : array();
    --depth_;
    return result;
  }
  if (c == '"' || c == '\'') {
    auto text = quoted();
    if (!text) return std::unexpected(std::move(text).error());
    return Value(*text);
  }
  if (is_digit(c) || c == '+' || c == '-' || c == '.') return number();
  if (is_typographic_quote(c)) return problem("typographic quote " + found() + "; use \" or '");
  if (starts_name(c) && !at_end()) return word();
  return problem("expected a value, found " + found());
}

Result<Value> Parser::object() {
  const std::size_t start = at_++;
  Object members;
  while (true) {
    if (auto ok = skip_space(); !ok) return std::unexpected(std::move(ok).error());
    if (take('}')) return Value(std::move(members));
    if (at_end())
      return problem("the object that begins at " + place(text_, start) + " is not closed with '}'");
    const std::size_t key_at = at_;
    auto name = key();
    if (!name) return std::unexpected(std::move(name).error());
    if (members.contains(*name)) return problem(key_at, "key '" + *name + "' stands twice in one object");
    if (auto ok = skip_space(); !ok) return std::unexpected(std::move(ok).error());
    if (!take(':')) return problem("expected ':' after key '" + *name + "', found " + found());
    if (auto ok = skip_space(); !ok) return std::unexpected(std::move(ok).error());
    auto member = value();
    if (!member) return member;
    members.emplace(*name, std::move(*member));
    if (auto ok = skip_space(); !ok) return std::unexpected(std::move(ok).error());
    if (take(',') || peek() == '}') continue;
    if (at_end())
      return problem("the object that begins at " + place(text_, start) + " is not closed with '}'");
    return problem("expected ',' or '}' after the value of '" + *name + "', found " + found());
  }
}

Result<Value> Parser::array() {
  const std::size_t start = at_++;
  Array items;
  while (true) {
    if (auto ok = skip_space(); !ok) return std::unexpected(std::move(ok).error());
    if (take(']')) return Value(std::move(items));
    if (at_end())
      return problem("the array that begins at " + place(text_, start) + " is not closed with ']'");
    auto item = value();
    if (!item) return item;
    items.push_back(std::move(*item));
    if (auto ok = skip_space(); !ok) return std::unexpected(std::move(ok).error());
    if (take(',') || peek() == ']') continue;
    if (at_end())
      return problem("the array that begins at " + place(text_, start) + " is not closed with ']'");
    return problem("expected ',' or ']' after an item, found " + found());
  }
}

Result<Value> Parser::word() {
  const std::size_t start = at_;
  while (!at_end() && continues_name(peek())) advance();
  const std::string_view word = text_.substr(start, at_ - start);
  if (word == "true") return Value(true);
  if (word == "false") return Value(false);
  if (word == "null") return Value(nullptr);
  if (word == "Infinity" || word == "NaN") {
    return problem(start, std::string(word) + " is not accepted: JSON cannot carry it");
  }
  return problem(start, "unknown word '" + std::string(cut_utf8(word, 40)) + "'; text needs quotes");
}

Result<Value> Parser::number() {
  const std::size_t start = at_;
  const bool negative = take('-');
  if (!negative) (void)take('+');
  if (looking_at("Infinity") || looking_at("NaN")) {
    return problem(start, "Infinity and NaN are not accepted: JSON cannot carry them");
  }
  auto result =
      looking_at("0x") || looking_at("0X") ? hex_number(negative, start) : decimal_number(negative, start);
  if (result && !at_end() && (continues_name(peek()) || peek() == '.')) {
    return problem("expected the number to end here, found " + found());
  }
  return result;
}

Result<Value> Parser::hex_number(bool negative, std::size_t start) {
  at_ += 2;
  const std::size_t digits = at_;
  while (!at_end() && hex_value(peek()) >= 0) ++at_;
  if (at_ == digits) return problem("expected a hexadecimal digit after 0x, found " + found());
  std::uint64_t number = 0;
  const auto read = std::from_chars(text_.data() + digits, text_.data() + at_, number, 16);
  constexpr std::uint64_t kHighest = INT64_MAX;
  if (read.ec != std::errc() || (negative && number > kHighest)) {
    return problem(start, "hexadecimal number does not fit into 64 bits");
  }
  if (negative) return Value(-static_cast<std::int64_t>(number));
  if (number > kHighest) return Value(number);
  return Value(static_cast<std::int64_t>(number));
}

Result<Value> Parser::decimal_number(bool negative, std::size_t start) {
  // Strict spelling for from_chars, which knows neither a leading `+` or point nor a point at the end.
  std::string plain = negative ? "-" : "";
  const auto digits = [&] {
    const std::size_t from = at_;
    while (!at_end() && is_digit(peek())) ++at_;
    plain += text_.substr(from, at_ - from);
    return at_ - from;
  };
  const std::size_t first = at_;
  const std::size_t whole = digits();
  if (whole > 1 && text_[first] == '0')
    return problem(first, "a number must not begin with 0 (write 0x for hexadecimal)");
  if (whole == 0) plain += '0';
  bool fraction = false;
  if (take('.')) {
    fraction = true;
    plain += '.';
    if (digits() == 0) {
      if (whole == 0) return problem("expected a digit, found " + found());
      plain += '0';
    }
  } else if (whole == 0) {
    return problem("expected a digit, found " + found());
  }
  if (take('e') || take('E')) {
    fraction = true;
    plain += 'e';
    if (take('-'))
      plain += '-';
    else
      (void)take('+');
    if (digits() == 0) return problem("expected a digit in the exponent, found " + found());
  }

  const char* const end = plain.data() + plain.size();
  if (!fraction) {
    std::int64_t number = 0;
    if (std::from_chars(plain.data(), end, number).ec == std::errc()) return Value(number);
    std::uint64_t large = 0;
    if (!negative && std::from_chars(plain.data(), end, large).ec == std::errc()) return Value(large);
  }
  double number = 0;
  if (std::from_chars(plain.data(), end, number).ec != std::errc()) {
    return problem(start, "number is too large or too small for a double");
  }
  return Value(number);
}

Result<std::string> Parser::key() {
  const char32_t c = peek();
  if (c == '"' || c == '\'') return quoted();
  if (starts_name(c) || c == '\\') return name();
  if (is_digit(c)) return problem("a key that begins with a digit needs quotes");
  if (is_typographic_quote(c)) return problem("typographic quote " + found() + "; use \" or '");
  return problem("expected a key or '}', found " + found());
}

Result<std::string> Parser::name() {
  std::string out;
  while (!at_end()) {
    const char32_t c = peek();
    if (c == '\\') {
      const std::size_t start = at_++;
      if (!take('u')) return problem(start, "only \\u escapes may stand in a key without quotes");
      std::string escaped;
      if (auto ok = unicode_escape(escaped, start); !ok) return std::unexpected(std::move(ok).error());
      const char32_t code = decode(escaped, 0).code;
      if (!(out.empty() ? starts_name(code) : continues_name(code))) {
        return problem(start, "this character may not stand in a key without quotes");
      }
      out += escaped;
    } else if (continues_name(c)) {
      append_utf8(out, c);
      advance();
    } else {
      break;
    }
  }
  return out;
}

Result<std::string> Parser::quoted() {
  const std::size_t start = at_;
  const char quote = text_[at_++];
  std::string out;
  while (!at_end()) {
    const char32_t c = peek();
    if (c == '\n' || c == '\r') break;
    if (c == static_cast<unsigned char>(quote)) {
      ++at_;
      return out;
    }
    if (c == '\\') {
      if (auto ok = escape(out); !ok) return std::unexpected(std::move(ok).error());
    } else {
      append_utf8(out, c);
      advance();
    }
  }
  return problem(start,
                 std::string("the text that begins here is not closed with ") + quote + " on its line");
}

Status Parser::escape(std::string& out) {
  const std::size_t start = at_++;  // The backslash.
  if (at_end()) return problem(start, "a backslash ends the text");
  const char32_t c = peek();
  advance();
  switch (c) {
    case 'b':
      out += '\b';
      return {};
    case 'f':
      out += '\f';
      return {};
    case 'n':
      out += '\n';
      return {};
    case 'r':
      out += '\r';
      return {};
    case 't':
      out += '\t';
      return {};
    case 'v':
      out += '\v';
      return {};
    case '\r':
      (void)take('\n');
      return {};  // A line continuation stands for nothing.
    case 'u':
      return unicode_escape(out, start);
    case 'x': {
      auto code = hex_digits(2);
      if (!code) return std::unexpected(std::move(code).error());
      append_utf8(out, *code);
      return {};
    }
    default:
      break;
  }
  if (ends_line(c)) return {};
  if (c == '0' && (at_end() || !is_digit(peek()))) {
    out += '\0';
    return {};
  }
  if (is_digit(c)) return problem(start, "octal escapes are not accepted; use \\x or \\u");
  append_utf8(out, c);
  return {};
}

Status Parser::unicode_escape(std::string& out, std::size_t start) {
  auto code = hex_digits(4);
  if (!code) return std::unexpected(std::move(code).error());
  if (*code >= 0xD800 && *code <= 0xDBFF && looking_at("\\u")) {
    at_ += 2;
    const auto low = hex_digits(4);
    if (!low) return std::unexpected(low.error());
    if (*low < 0xDC00 || *low > 0xDFFF) return problem(start, "half of a surrogate pair stands alone");
    *code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
  } else if (*code >= 0xD800 && *code <= 0xDFFF) {
    return problem(start, "half of a surrogate pair stands alone");
  }
  append_utf8(out, *code);
  return {};
}

Result<char32_t> Parser::hex_digits(int count) {
  char32_t code = 0;
  for (int i = 0; i < count; ++i) {
    const int digit = at_end() ? -1 : hex_value(peek());
    if (digit < 0)
      return problem("expected " + std::to_string(count) + " hexadecimal digits, found " + found());
    code = code << 4 | static_cast<char32_t>(digit);
    ++at_;
  }
  return code;
}

Status Parser::skip_space() {
  while (!at_end()) {
    if (is_space(peek())) {
      advance();
    } else if (peek() == '/') {
      if (auto ok = skip_comment(); !ok) return ok;
    } else {
      break;
    }
  }
  return {};
}

Status Parser::skip_comment() {
  const std::size_t start = at_;
  if (looking_at("//")) {
    while (!at_end() && !ends_line(peek())) advance();
    return {};
  }
  if (!looking_at("/*")) return problem("expected // or /* to begin a comment");
  const std::size_t end = text_.find("*/", at_ + 2);
  if (end == std::string_view::npos)
    return problem(start, "the comment that begins here is not closed with */");
  at_ = end + 2;
  return {};
}

}  // namespace

Result<Value> parse_json5(std::string_view text) {
  if (!is_valid_utf8(text)) {
    const std::size_t at = first_invalid(text);
    return fail(Code::InvalidRequest, place(text.substr(0, at), at) + ": not valid UTF-8");
  }
  return Parser(text).document();
}

}  // namespace gw::json
