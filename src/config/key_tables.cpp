#include "config/key_tables.hpp"

#include <algorithm>
#include <vector>

#include "config/changes.hpp"
#include "config/schema.hpp"

namespace gw::config {
namespace {

constexpr std::string_view kBegin = "<!-- keys: ";
constexpr std::string_view kBeginEnd = " -->\n";
constexpr std::string_view kEnd = "<!-- end of keys -->\n";

using Keys = std::vector<const Key*>;

/// `a, b, c` as `a`, `b` or `c`.
std::string alternatives(std::string_view choices) {
  std::string all;
  while (!choices.empty()) {
    const std::size_t comma = std::min(choices.find(", "), choices.size());
    const bool is_last = comma == choices.size();
    if (!all.empty()) all += is_last ? " or " : ", ";
    all += "`" + std::string(choices.substr(0, comma)) + "`";
    choices.remove_prefix(std::min(choices.size(), comma + 2));
  }
  return all;
}

std::string shown_type(const Type& type) {
  switch (type.kind) {
    case Kind::Bool:
      return "true or false";
    case Kind::Integer:
      return std::to_string(type.low) + " to " + std::to_string(type.high) +
             (type.form.empty() ? "" : " " + std::string(type.form));
    case Kind::Text:
      return type.form.empty() ? "text" : std::string(type.form);
    case Kind::AnyText:
      return "text, may be blank";
    case Kind::TextOrObject:
      return "text or object";
    case Kind::TextList:
    case Kind::AnyTextList:
      return "list of texts";
    case Kind::Choice:
      return alternatives(type.choices);
    case Kind::Secret:
      return "secret";
    case Kind::List:
      return "list of objects";
  }
  return {};
}

std::string shown_default(const Default& otherwise) {
  struct ToText {
    std::string operator()(Nothing) const { return {}; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::string_view value) const { return "`" + std::string(value) + "`"; }
    std::string operator()(EmptyList) const { return "`[]`"; }
    std::string operator()(Required) const { return "required"; }
    std::string operator()(Follows value) const { return std::string(value.text); }
  };
  return std::visit(ToText(), otherwise);
}

std::string_view shown_reach(std::string_view path) {
  switch (reach_of(path).value_or(Reach::Restart)) {
    case Reach::Live:
      return "at once";
    case Reach::Listener:
      return "listener";
    case Reach::Auth:
      return "auth";
    case Reach::Restart:
      return "restart";
    case Reach::Start:
      return "start";
  }
  return {};
}

/// The line of a table; no cell at its end where the last one is empty.
std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += cell.empty() ? " |" : " " + cell + " |";
  return line + "\n";
}

std::string table_of(const Keys& keys) {
  // How a change is applied is worth a column only where it is not the same for all.
  const bool has_reach =
      std::ranges::any_of(keys, [](const Key* key) { return reach_of(key->path) != Reach::Live; });
  std::string table = has_reach ? "| key | type | default | a change | meaning |\n|---|---|---|---|---|\n"
                                : "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const Key* key : keys) {
    std::vector<std::string> cells{"`" + shown_path(key->path) + "`", shown_type(key->type),
                                   shown_default(key->otherwise)};
    if (has_reach) cells.emplace_back(shown_reach(key->path));
    cells.emplace_back(key->meaning);
    table += row(cells);
  }
  return table;
}

/// The keys whose first name is one of `names`.
Keys keys_below(std::string_view names) {
  Keys found;
  for (const Key& key : schema()) {
    const std::string_view first = key.path.substr(0, key.path.find('.'));
    const std::size_t at = (" " + std::string(names) + " ").find(" " + std::string(first) + " ");
    if (at != std::string::npos) found.push_back(&key);
  }
  return found;
}

}  // namespace

Result<std::string> with_key_tables(std::string_view page) {
  std::string written;
  std::size_t documented = 0;
  while (true) {
    const std::size_t begin = page.find(kBegin);
    if (begin == std::string_view::npos) break;
    const std::size_t names = begin + kBegin.size();
    const std::size_t names_end = page.find(kBeginEnd, names);
    const std::size_t end = page.find(kEnd, names);
    if (names_end >= end || end == std::string_view::npos) {
      return fail(Code::InvalidRequest,
                  "a block of keys has no line `" + std::string(kEnd.substr(0, kEnd.size() - 1)) + "`");
    }
    const std::string_view wanted = page.substr(names, names_end - names);
    const Keys keys = keys_below(wanted);
    if (keys.empty()) return fail(Code::InvalidRequest, "there are no keys below " + std::string(wanted));
    documented += keys.size();
    written += page.substr(0, names_end + kBeginEnd.size());
    written += "\n" + table_of(keys) + "\n";
    page.remove_prefix(end);
    written += kEnd;
    page.remove_prefix(kEnd.size());
  }
  if (documented != schema().size()) {
    return fail(Code::InvalidRequest, std::to_string(documented) + " of " + std::to_string(schema().size()) +
                                          " keys are in a block");
  }
  return written += page;
}

}  // namespace gw::config
