#include "json/json5_edit.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "json/json5.hpp"
#include "json/json5_layout.hpp"
#include "json/json5_text.hpp"

namespace gw::json {
namespace {

using json5::Container;
using json5::Member;
using json5::Span;

constexpr std::string_view kIndent = "  ";

std::string_view part(std::string_view text, Span span) {
  return text.substr(span.begin, span.end - span.begin);
}

std::string joined(std::span<const std::string> path) {
  std::string all;
  for (const std::string& name : path) all += (all.empty() ? "" : ".") + name;
  return all;
}

std::string_view newline_of(std::string_view text) {
  return text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
}

/// The white space at the beginning of the line that holds byte `at`.
std::string indent_at(std::string_view text, std::size_t at) {
  const std::size_t before = text.substr(0, at).find_last_of("\r\n");
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t end = std::min(text.find_first_not_of(" \t", begin), text.size());
  return std::string(text.substr(begin, std::min(end, at) - begin));
}

bool has_line_end(std::string_view text) { return text.find_first_of("\r\n") != std::string_view::npos; }

/// `value` for a place whose line is indented by `indent`.
std::string shown(const Value& value, std::string_view indent, std::string_view newline) {
  std::string plain = pretty(value);
  plain.pop_back();  // The line feed at the end.
  std::string out;
  for (const char c : plain) {
    if (c == '\n') {
      out += newline;
      out += indent;
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<std::size_t> index_of(const std::string& name) {
  std::size_t index = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), index);
  if (name.empty() || read.ec != std::errc() || read.ptr != name.data() + name.size()) return std::nullopt;
  return index;
}

/// Where `name` stands among the members, or their number when it is not there. Nothing for a list without
/// such a place.
std::optional<std::size_t> position_of(const Container& container, const std::string& name) {
  if (!container.is_list) {
    return static_cast<std::size_t>(std::ranges::find(container.members, name, &Member::name) -
                                    container.members.begin());
  }
  const auto index = index_of(name);
  return index && *index <= container.members.size() ? index : std::nullopt;
}

std::string key_text(const Container& container, std::string_view text, const std::string& name) {
  const bool is_bare = !container.members.empty() && text[container.members.back().key.begin] != '"' &&
                       text[container.members.back().key.begin] != '\'';
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
  };
  const bool is_name = !name.empty() && letter(name.front()) &&
                       std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  return is_bare && is_name ? name : serialize(Value(name));
}

/// Adds a member after the last one, in the way the others stand: each on a line of its own, or all on one.
std::string with_member(std::string_view text, const Container& container, const std::string& name,
                        const Value& value) {
  const std::string_view newline = newline_of(text);
  const std::string key = container.is_list ? std::string() : key_text(container, text, name) + ": ";
  const std::string_view inside = part(text, container.inside);
  const bool is_empty = container.members.empty();
  if (!is_empty && !has_line_end(inside)) {
    const Member& last = container.members.back();
    const std::size_t at = last.comma ? *last.comma + 1 : last.value.end;
    return std::string(text.substr(0, at)) + (last.comma ? " " : ", ") + key +
           shown(value, indent_at(text, at), newline) + (last.comma ? "," : "") +
           std::string(text.substr(at));
  }
  const std::string outer = indent_at(text, container.inside.begin);
  if (is_empty) {
    const std::string indent = outer + std::string(kIndent);
    const std::string_view comments = trimmed(inside);
    std::string out(text.substr(0, container.inside.begin));
    if (!comments.empty()) out += std::string(newline) + indent + std::string(comments);
    out += std::string(newline) + indent + key + shown(value, indent, newline);
    return out + std::string(newline) + outer + std::string(text.substr(container.inside.end));
  }
  const Member& last = container.members.back();
  const std::size_t last_begin = container.is_list ? last.value.begin : last.key.begin;
  const std::string indent = indent_at(text, last_begin);
  // Behind the last member and whatever comments follow it.
  const std::size_t end = container.inside.begin + inside.find_last_not_of(" \t\r\n") + 1;
  std::string out(text.substr(0, last.value.end));
  if (!last.comma) out += ',';
  out += text.substr(last.value.end, end - last.value.end);
  out += std::string(newline) + indent + key + shown(value, indent, newline) + (last.comma ? "," : "");
  std::string_view rest = text.substr(end);
  if (!has_line_end(part(text, {end, container.inside.end}))) {
    out += std::string(newline) + outer;
    rest = text.substr(container.inside.end);
  }
  return out + std::string(rest);
}

/// `value` inside objects named by the rest of a path.
Value nested(std::span<const std::string> names, const Value& value) {
  Value all = value;
  for (std::size_t i = names.size(); i > 0; --i) all = Object{{names[i - 1], std::move(all)}};
  return all;
}

Result<std::string> checked(std::string_view text, std::span<const std::string> path) {
  if (path.empty()) return fail(Code::InvalidRequest, "the path is empty");
  std::string whole(text);
  if (json5::skip_space(text, 0) == text.size() && is_valid_utf8(text)) whole += "{}\n";
  if (auto parsed = parse_json5(whole); !parsed) return std::unexpected(std::move(parsed).error());
  return whole;
}

std::unexpected<Error> no_container(std::span<const std::string> path) {
  return fail(Code::InvalidRequest,
              (path.empty() ? std::string("the file") : joined(path)) + " is neither an object nor a list");
}

std::unexpected<Error> no_item(std::span<const std::string> path) {
  return fail(Code::InvalidRequest, joined(path) + " names no item of the list, nor the one after its last");
}

/// The line of a member without anything else on it, comment at its end included; nothing when it shares its
/// line.
std::optional<Span> own_line(std::string_view text, Span member) {
  const std::size_t before = text.substr(0, member.begin).find_last_of("\r\n");
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  if (text.substr(begin, member.begin - begin).find_first_not_of(" \t") != std::string_view::npos)
    return std::nullopt;
  std::size_t end = std::min(text.find_first_not_of(" \t", member.end), text.size());
  if (text.substr(end).starts_with("//")) end = std::min(text.find_first_of("\r\n", end), text.size());
  if (end == text.size() || (text[end] != '\r' && text[end] != '\n')) return std::nullopt;
  if (text.substr(end).starts_with("\r\n")) ++end;
  return Span{begin, end + 1};
}

std::string without_member(std::string_view text, const Container& container, std::size_t position) {
  const Member& member = container.members[position];
  Span gone{container.is_list ? member.value.begin : member.key.begin, member.value.end};
  // A last member without a comma leaves the comma before it without a use.
  std::optional<std::size_t> comma_before;
  if (member.comma) {
    gone.end = *member.comma + 1;
  } else if (position > 0) {
    comma_before = container.members[position - 1].comma;
  }
  if (const auto line = own_line(text, gone)) {
    gone = *line;
  } else if (comma_before && json5::skip_space(text, *comma_before + 1) == gone.begin &&
             trimmed(text.substr(*comma_before + 1, gone.begin - *comma_before - 1)).empty()) {
    gone.begin = *comma_before;
    comma_before.reset();
  } else {
    while (gone.end < text.size() && text[gone.end] == ' ') ++gone.end;
  }
  std::string out(text.substr(0, gone.begin));
  if (comma_before) out.erase(*comma_before, 1);
  return out + std::string(text.substr(gone.end));
}

}  // namespace

Result<std::string> with_value(std::string_view given, std::span<const std::string> path,
                               const Value& value) {
  auto text = checked(given, path);
  if (!text) return text;
  std::size_t at = json5::root_value(*text).begin;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto container = json5::container_at(*text, at);
    if (!container) return no_container(path.first(i));
    const auto position = position_of(*container, path[i]);
    if (!position) return no_item(path.first(i + 1));
    if (*position == container->members.size()) {
      return with_member(*text, *container, path[i], nested(path.subspan(i + 1), value));
    }
    const Member& member = container->members[*position];
    if (i + 1 < path.size()) {
      at = member.value.begin;
      continue;
    }
    const std::string indent = indent_at(*text, member.value.begin);
    return text->substr(0, member.value.begin) + shown(value, indent, newline_of(*text)) +
           text->substr(member.value.end);
  }
  return text;
}

Result<std::string> without_value(std::string_view given, std::span<const std::string> path) {
  auto text = checked(given, path);
  if (!text) return text;
  std::size_t at = json5::root_value(*text).begin;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto container = json5::container_at(*text, at);
    if (!container) return no_container(path.first(i));
    const auto position = position_of(*container, path[i]);
    if (!position || *position == container->members.size()) {
      return fail(Code::NotFound, joined(path.first(i + 1)) + " is not set");
    }
    if (i + 1 == path.size()) return without_member(*text, *container, *position);
    at = container->members[*position].value.begin;
  }
  return text;
}

}  // namespace gw::json
