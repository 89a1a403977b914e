#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "json/value.hpp"

namespace gw::config {

/// How the issue of a key begins that neither we nor OpenClaw know.
inline constexpr std::string_view kUnknownKey = "Unrecognized key";

/// What a walk through the whole file found.
struct Findings {
  std::vector<Issue> issues;
  std::vector<std::string>
      ignored;  ///< The topmost path of everything that OpenClaw knows and we do not act on.
};

/// A name of the file as it stands in a path: `""` for an empty one, which would not be seen.
std::string_view shown_name(std::string_view name);

/// The path of `name` in the object at `parent`.
std::string joined(std::string_view parent, std::string_view name);

/// Checks every key against the table and every value against its kind.
Findings validate(const json::Object& root);

/// The object at a dotted path of literal names; nullptr when there is none.
const json::Object* object_at_path(const json::Object& root, std::string_view path);

}  // namespace gw::config
