#include "config/validate.hpp"

#include <algorithm>
#include <utility>

#include "config/schema.hpp"

namespace gw::config {
namespace {

/// A place in the file twice: as the user knows it and as the table spells it, with `*` for names of the
/// user's own.
struct Place {
  std::string shown;
  std::string pattern;
};

class Walk {
 public:
  explicit Walk(Findings& findings) : findings_(findings) {}

  void object(const json::Object& members, const Place& at) {
    for (const auto& entry : members) {
      const std::string_view name(entry.key().data(), entry.key().size());
      Place place{joined(at.shown, name), at.pattern};
      // A name with a dot in it must not be taken for a path of the table.
      const bool plain = name.find_first_of(".*") == std::string_view::npos;
      place.pattern = joined(at.pattern, plain ? name : "*");
      if (member(entry.value(), place)) continue;
      place.pattern = joined(at.pattern, "*");
      if (!member(entry.value(), place)) unknown(place, joined(at.pattern, plain ? name : "*"));
    }
    for (const Key& key : schema()) {
      const std::size_t dot = key.path.rfind('.');
      const std::string_view name = key.path.substr(dot + 1);
      const bool is_required =
          std::holds_alternative<Required>(key.otherwise) && key.path.substr(0, dot) == at.pattern;
      if (is_required && !members.contains(name)) issue({joined(at.shown, name), {}}, "this key is required");
    }
  }

 private:
  // False when the table has nothing at this pattern.
  bool member(const json::Value& value, const Place& place) {
    const Key* key = find_key(place.pattern);
    const bool inner = leads_to_key(place.pattern);
    if (key) {
      if (auto problem = problem_of(*key, value)) {
        issue(place, *problem);
      } else if (key->type.kind == Kind::List) {
        list(value.get_array(), place);
      } else if (inner && value.is_object()) {
        object(value.get_object(), place);
      }
      return true;
    }
    if (inner) {
      if (value.is_object()) {
        object(value.get_object(), place);
      } else {
        issue(place, "expected an object");
      }
      return true;
    }
    if (!is_openclaw_key(place.pattern)) return false;
    findings_.ignored.push_back(place.shown);
    return true;
  }

  void list(const json::Array& items, const Place& at) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Place place{joined(at.shown, std::to_string(i)), at.pattern + ".*"};
      if (items[i].is_object()) {
        object(items[i].get_object(), place);
      } else {
        issue(place, "expected an object");
      }
    }
  }

  void unknown(const Place& place, std::string_view pattern) {
    std::string text(kUnknownKey);
    if (const auto right = right_place_of(pattern); !right.empty())
      text += "; did you mean " + std::string(right) + "?";
    issue(place, std::move(text));
  }

  void issue(const Place& place, std::string text) {
    findings_.issues.push_back({place.shown, std::move(text), {}});
  }

  Findings& findings_;
};

}  // namespace

std::string_view shown_name(std::string_view name) { return name.empty() ? "\"\"" : name; }

std::string joined(std::string_view parent, std::string_view name) {
  std::string path(parent);
  if (!path.empty()) path += '.';
  return path += shown_name(name);
}

Findings validate(const json::Object& root) {
  Findings findings;
  Walk(findings).object(root, {});
  return findings;
}

const json::Object* object_at_path(const json::Object& root, std::string_view path) {
  const json::Object* object = &root;
  while (object && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    object = json::object_at(*object, path.substr(0, dot));
    path.remove_prefix(std::min(path.size(), dot + 1));
  }
  return object;
}

}  // namespace gw::config
