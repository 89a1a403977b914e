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

/// What is wrong with the file after a change and was not before it: only that stands in the way of the
/// change, so that a file with several faults can be mended one by one.
std::vector<Issue> new_issues(const std::vector<Issue>& before, const std::vector<Issue>& after);

/// `- path: message` for each, one per line.
std::string listed(const std::vector<Issue>& issues);

/// The whole schema as JSON Schema (draft 2020-12), for editors and `config schema`.
json::Value json_schema();

}  // namespace gw::config
