#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

/// Changes of single keys, as `config set` makes them: pure, text to text.
namespace gw::config {

/// The names on the way to a key: `gateway.port`, `agents.list[0].id` (or `agents.list.0.id`),
/// `models.providers["a.b"].api`. `Code::InvalidRequest` when it is empty or not such a path.
Result<std::vector<std::string>> parse_path(std::string_view text);

/// A value as people type it: JSON5 where it is some (`8`, `true`, `{a:1}`), otherwise the text itself.
json::Value typed_value(std::string_view text);

/// The file that a key stands in, or would, and the names on the way to it there.
struct EditPlace {
  std::filesystem::path file;
  std::vector<std::string> names;
};

/// Where to change the key at `names` of the main file's `text` (all of it without names): there, or in the
/// file that one of its sections includes as a whole. `Code::Conflict` for a key that comes from any other
/// kind of include, or has one below it: which of the files to change is for people to say.
Result<EditPlace> place_to_edit(std::string_view text, const Paths& paths, const Environment& environment,
                                const std::vector<std::string>& names);

/// What is wrong with the file after a change and was not before it: only that stands in the way of the
/// change, so that a file with several faults can be mended one by one.
std::vector<Issue> new_issues(const std::vector<Issue>& before, const std::vector<Issue>& after);

/// `- path: message` for each, one per line.
std::string listed(const std::vector<Issue>& issues);

/// The whole schema as JSON Schema (draft 2020-12), for editors and `config schema`.
json::Value json_schema();

}  // namespace gw::config
