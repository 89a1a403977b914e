#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "json/value.hpp"

namespace gw::config {

enum class Kind {
  Bool,
  Integer,  ///< In [low, high].
  Text,     ///< Not blank.
  AnyText,
  TextOrObject,  ///< A text, or an object whose own keys are in the table.
  TextList,      ///< Of texts that are not blank.
  AnyTextList,
  Choice,  ///< One of `choices`.
  Secret,  ///< A text or a reference `{source, provider, id}`.
  List,    ///< Of objects, whose keys are in the table as `<path>.*.<key>`.
};

struct Type {
  Kind kind;
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::string_view choices = {};  ///< Separated by `, `.
  std::string_view form = {};     ///< For people: the unit of a number, or what a text has to be.
};

struct Nothing {};    ///< The key is off, or empty.
struct EmptyList {};  ///< `[]`.
struct Required {};   ///< Its object makes no sense without it.
/// Not a value of its own: what it follows from, for people.
struct Follows {
  std::string_view text;
};

/// What counts when the file does not have the key.
using Default = std::variant<Nothing, bool, std::int64_t, std::string_view, EmptyList, Required, Follows>;

/// One key that this release acts on. In `path` a `*` stands for any name, or for any index of a list.
struct Key {
  std::string_view path;
  Type type;
  Default otherwise;
  std::string_view meaning;  ///< One line of Markdown, without a full stop; every other place shows this one.
};

/// Every key of docs/configuration.md, in its order. What it says is checked, documented (`key_tables`),
/// shown
/// (`json_schema`) and, through `Values`, what the gateway gets.
std::span<const Key> schema();

/// The key with exactly this path; nullptr when there is none.
const Key* find_key(std::string_view path);

/// Whether `path` is an object on the way to a key.
bool leads_to_key(std::string_view path);

/// What is wrong with `value` as a value of `key`, as `expected …`; nothing when it is right.
std::optional<std::string> problem_of(const Key& key, const json::Value& value);

/// The value that counts when the file does not have the key; null when there is none.
json::Value default_of(const Key& key);

/// The path as people write it: `models.providers.<id>.models[].name`.
std::string shown_path(std::string_view path);

/// A whole number, also when it was written as `1e3`.
std::optional<std::int64_t> whole_number(const json::Value& value);

/// Whether OpenClaw, in either release, has this key, which we do not act on.
bool is_openclaw_key(std::string_view path);

/// The right place of a key that people put in the wrong one; empty when nothing is known.
std::string_view right_place_of(std::string_view path);

}  // namespace gw::config
