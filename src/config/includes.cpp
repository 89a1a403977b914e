#include "config/includes.hpp"

#include <algorithm>
#include <ranges>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "config/read_file.hpp"
#include "config/validate.hpp"
#include "json/json5.hpp"
#include "json/json5_layout.hpp"
#include "json/json5_text.hpp"

namespace gw::config {
namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& file, const fs::path& dir) {
  const auto [end_of_dir, at] = std::ranges::mismatch(dir, file);
  return !dir.empty() && end_of_dir == dir.end() && at != file.end();
}

fs::path real(const fs::path& path) {
  std::error_code error;
  fs::path found = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : found;
}

fs::path absolute_path(const fs::path& path) {
  std::error_code error;
  fs::path found = fs::absolute(path, error);
  return error ? path : found;
}

/// Directories that files may be included from, as named and as links lead.
std::vector<fs::path> roots_of(const fs::path& main, const Environment& environment) {
  std::vector<fs::path> roots{main.parent_path()};
  const std::string more = environment("OPENCLAW_INCLUDE_ROOTS").value_or("");
  for (std::size_t start = 0; start < more.size();) {
    const std::size_t end = std::min(more.find(':', start), more.size());
    const fs::path root = expand_home(trimmed(more.substr(start, end - start)), environment);
    if (root.is_absolute()) roots.push_back(root);
    start = end + 1;
  }
  for (fs::path& root : roots) {
    root = real(root);
    if (!root.has_filename()) root = root.parent_path();  // A slash at the end is no name.
  }
  return roots;
}

/// Objects key by key, lists one after the other; of anything else `over` wins.
json::Value merged(json::Value under, json::Value over) {
  if (under.is_object() && over.is_object()) {
    for (auto& member : over.get_object()) {
      json::Value& place = under.get_object()[member.key()];
      place =
          place.is_null() ? std::move(member.value()) : merged(std::move(place), std::move(member.value()));
    }
    return under;
  }
  if (under.is_array() && over.is_array()) {
    for (json::Value& item : over.get_array()) under.get_array().push_back(std::move(item));
    return under;
  }
  return over;
}

/// The rest of a dotted path behind `name`; nothing when it does not begin with it. Names may hold dots.
std::optional<std::string_view> behind(std::string_view path, std::string_view name) {
  if (!path.starts_with(name)) return std::nullopt;
  if (path.size() == name.size()) return std::string_view();
  return path[name.size()] == '.' ? std::optional(path.substr(name.size() + 1)) : std::nullopt;
}

/// The texts of an `$include`: one, or each of a list.
std::vector<std::string> names_in(const json::Value& value) {
  std::vector<std::string> names;
  if (value.is_string()) names.emplace_back(json::view(value.get_string()));
  if (value.is_array()) {
    for (const json::Value& item : value.get_array()) {
      if (item.is_string()) names.emplace_back(json::view(item.get_string()));
    }
  }
  return names;
}

}  // namespace

Includes::Includes(const Paths& paths, const Environment& environment, FileTexts instead)
    : main_(absolute_path(paths.config_file)),
      roots_(roots_of(main_, environment)),
      instead_(std::move(instead)) {}

json::Value Includes::read(std::string_view text, std::vector<Issue>& issues) {
  issues_ = &issues;
  files_ = {{main_, {}}};
  auto parsed = json::parse_json5(text);
  if (!parsed) {
    issue("", std::move(parsed).error().message);
    return json::Object();
  }
  files_[0].text = text;
  Chain chain{real(main_)};
  json::Value value = expand(*parsed, chain, "");
  if (value.is_object()) return value;
  if (issues.empty()) issue("", "the file must hold an object");
  return json::Object();
}

std::vector<fs::path> Includes::files() const {
  std::vector<fs::path> all;
  for (const File& file : files_) all.push_back(file.path);
  return all;
}

json::Value Includes::expand(const json::Value& value, Chain& chain, const std::string& at) {
  if (const json::Object* object = value.if_object()) return expand_object(*object, chain, at);
  const json::Array* array = value.if_array();
  if (!array) return value;
  json::Array all;
  for (std::size_t i = 0; i < array->size(); ++i) {
    all.push_back(expand((*array)[i], chain, joined(at, std::to_string(i))));
  }
  return all;
}

json::Value Includes::expand_object(const json::Object& object, Chain& chain, const std::string& at) {
  json::Object own;
  for (const auto& [key, value] : object) {
    if (key != kInclude) own[key] = expand(value, chain, joined(at, json::view(key)));
  }
  const json::Value* name = object.if_contains(kInclude);
  if (!name) return own;
  json::Value included = include(*name, chain, at);
  if (own.empty()) return included;
  if (!included.is_object()) {
    issue(joined(at, kInclude), "what is included beside other keys must be an object");
    return own;
  }
  return merged(std::move(included), std::move(own));
}

json::Value Includes::include(const json::Value& name, Chain& chain, const std::string& at) {
  const std::string place = joined(at, kInclude);
  const auto names = names_in(name);
  const bool is_right = name.is_string() || (name.is_array() && names.size() == name.get_array().size());
  if (!is_right) issue(place, "expected the name of a file, or a list of them");
  json::Value all = json::Object();
  for (const std::string& one : names) {
    // A link to the main file does not move what it includes.
    const auto path = resolved(one, chain.size() == 1 ? main_ : chain.back());
    if (!path) {
      issue(place, path.error().message);
      continue;
    }
    if (std::ranges::find(chain, *path) != chain.end()) {
      issue(place, one + " is included by itself");
    } else if (chain.size() > kIncludeLevelsMax) {
      issue(place, "files are included through more than " + std::to_string(kIncludeLevelsMax) + " levels");
    } else if (files_.size() > kIncludedFilesMax) {
      issue(place, "more than " + std::to_string(kIncludedFilesMax) + " files are included");
      return all;
    } else if (auto value = read_file(*path); !value) {
      issue(place, value.error().message);
    } else {
      chain.push_back(*path);
      json::Value expanded = expand(*value, chain, at);
      chain.pop_back();
      all = name.is_array() ? merged(std::move(all), std::move(expanded)) : std::move(expanded);
    }
  }
  return all;
}

Result<fs::path> Includes::resolved(std::string_view name, const fs::path& file) const {
  if (trimmed(name).empty()) return fail(Code::InvalidRequest, "expected the name of a file");
  const fs::path named(name);
  const fs::path path = (named.is_absolute() ? named : file.parent_path() / named).lexically_normal();
  if (path.native().size() >= kIncludePathMax || name.find('\0') != std::string_view::npos) {
    return fail(Code::InvalidRequest, "the name of the included file is too long");
  }
  fs::path found = real(path);
  const bool may_be =
      std::ranges::any_of(roots_, [&](const fs::path& root) { return is_inside(found, root); });
  if (may_be) return found;
  return fail(
      Code::InvalidRequest,
      std::string(name) + " is outside of the directory of the configuration and of OPENCLAW_INCLUDE_ROOTS");
}

Result<json::Value> Includes::read_file(const fs::path& path) {
  files_.push_back({path, {}});
  std::string text;
  if (const auto other = instead_.find(path); other != instead_.end()) {
    text = other->second;
  } else {
    auto read = read_whole_file(path, kIncludedBytesMax);
    if (!read) return std::unexpected(std::move(read).error());
    if (!*read) return fail(Code::NotFound, path.string() + " does not exist");
    text = **std::move(read);
  }
  auto value = json::parse_json5(text);
  if (!value) return fail(Code::InvalidRequest, path.string() + ", " + value.error().message);
  files_.back().text = std::move(text);
  return value;
}

void Includes::issue(const std::string& at, std::string why) { issues_->push_back({at, std::move(why), {}}); }

std::string Includes::place_of(std::string_view path) const {
  return path.empty() || files_.empty() || files_[0].text.empty() ? "" : place_in(files_[0], path);
}

std::string Includes::place_in(const File& file, std::string_view path) const {
  const auto shown = [&](std::size_t at) {
    const std::string place = json::json5::place(file.text, at);
    if (file.path == main_) return place;
    return file.path.lexically_relative(real(main_).parent_path()).string() + ", " + place;
  };
  std::size_t at = json::json5::root_value(file.text).begin;
  std::size_t shown_at = at;
  while (true) {
    const auto container = json::json5::container_at(file.text, at);
    if (!container) return "";
    const json::json5::Member* next = nullptr;
    std::string_view rest;
    std::vector<std::string> included;
    for (std::size_t i = 0; i < container->members.size(); ++i) {
      const json::json5::Member& member = container->members[i];
      const std::string name = container->is_list ? std::to_string(i) : std::string(shown_name(member.name));
      if (const auto found = behind(path, name)) {
        next = &member;
        rest = *found;
      }
      if (name != kInclude) continue;
      const std::string_view value(file.text);
      const auto parsed =
          json::parse_json5(value.substr(member.value.begin, member.value.end - member.value.begin));
      if (parsed) included = names_in(*parsed);
    }
    if (next) {
      shown_at = container->is_list ? next->value.begin : next->key.begin;
      if (rest.empty()) return shown(shown_at);
      path = rest;
      at = next->value.begin;
      continue;
    }
    // The last one wins where they are merged.
    for (const std::string& name : std::ranges::reverse_view(included)) {
      const auto other = resolved(name, file.path);
      const auto found = other ? std::ranges::find(files_, *other, &File::path) : files_.end();
      if (found == files_.end() || found->text.empty()) continue;
      if (std::string place = place_in(*found, path); !place.empty()) return place;
    }
    return path.contains('.') || shown_at == 0 ? "" : shown(shown_at);
  }
}

}  // namespace gw::config
