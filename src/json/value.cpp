#include "json/value.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include "base/limits.hpp"

namespace gw::json {
namespace {

void append_double(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char text[40];
  // Whole numbers up to 2^53 are printed without a point, as JavaScript does.
  const bool whole = std::trunc(number) == number && std::abs(number) < 9007199254740992.0;
  const auto end = whole ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(number))
                         : std::to_chars(text, text + sizeof text, number);
  out.append(text, end.ptr);
}

void append_string(std::string& out, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // Start of the bytes that need no escape.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kDigits[byte >> 4];
        out += kDigits[byte & 0x0F];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

// `indent` < 0 writes compact text; otherwise the current depth of pretty text.
void append(std::string& out, const Value& value, int indent);

void new_line(std::string& out, int indent) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * 2, ' ');
}

void append_object(std::string& out, const Object& object, int indent) {
  if (object.empty()) {
    out += "{}";
    return;
  }
  const int inner = indent < 0 ? -1 : indent + 1;
  char separator = '{';
  for (const auto& member : object) {
    out += separator;
    separator = ',';
    new_line(out, inner);
    append_string(out, std::string_view(member.key().data(), member.key().size()));
    out += indent < 0 ? ":" : ": ";
    append(out, member.value(), inner);
  }
  new_line(out, indent);
  out += '}';
}

void append_array(std::string& out, const Array& array, int indent) {
  if (array.empty()) {
    out += "[]";
    return;
  }
  const int inner = indent < 0 ? -1 : indent + 1;
  char separator = '[';
  for (const auto& item : array) {
    out += separator;
    separator = ',';
    new_line(out, inner);
    append(out, item, inner);
  }
  new_line(out, indent);
  out += ']';
}

void append(std::string& out, const Value& value, int indent) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out += "null";
      return;
    case boost::json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return;
    case boost::json::kind::int64:
      out += std::to_string(value.get_int64());
      return;
    case boost::json::kind::uint64:
      out += std::to_string(value.get_uint64());
      return;
    case boost::json::kind::double_:
      append_double(out, value.get_double());
      return;
    case boost::json::kind::string:
      append_string(out, view(value.get_string()));
      return;
    case boost::json::kind::array:
      append_array(out, value.get_array(), indent);
      return;
    case boost::json::kind::object:
      append_object(out, value.get_object(), indent);
      return;
  }
}

}  // namespace

Result<Value> parse(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = limits::kJsonDepthMax;
  boost::json::parser parser({}, options);
  boost::json::error_code error;
  const std::size_t used = parser.write({text.data(), text.size()}, error);
  if (error) {
    return fail(Code::InvalidRequest,
                "not valid JSON at byte " + std::to_string(used) + ": " + error.message());
  }
  return parser.release();
}

std::string serialize(const Value& value) {
  std::string out;
  append(out, value, -1);
  return out;
}

std::string serialize(const Object& object) {
  std::string out;
  append_object(out, object, -1);
  return out;
}

std::string pretty(const Value& value) {
  std::string out;
  append(out, value, 0);
  out += '\n';
  return out;
}

std::string_view text_or(const Object& object, std::string_view key, std::string_view fallback) {
  const Value* member = object.if_contains({key.data(), key.size()});
  return member && member->is_string() ? view(member->get_string()) : fallback;
}

std::int64_t int_or(const Object& object, std::string_view key, std::int64_t fallback) {
  const Value* member = object.if_contains({key.data(), key.size()});
  if (!member) return fallback;
  if (member->is_int64()) return member->get_int64();
  if (member->is_double() && std::trunc(member->get_double()) == member->get_double() &&
      std::abs(member->get_double()) < 9007199254740992.0) {
    return static_cast<std::int64_t>(member->get_double());
  }
  return fallback;
}

bool bool_or(const Object& object, std::string_view key, bool fallback) {
  const Value* member = object.if_contains({key.data(), key.size()});
  return member && member->is_bool() ? member->get_bool() : fallback;
}

const Object* object_at(const Object& object, std::string_view key) {
  const Value* member = object.if_contains({key.data(), key.size()});
  return member ? member->if_object() : nullptr;
}

const Array* array_at(const Object& object, std::string_view key) {
  const Value* member = object.if_contains({key.data(), key.size()});
  return member ? member->if_array() : nullptr;
}

}  // namespace gw::json
