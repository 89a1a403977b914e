#include "config/changes.hpp"

#include <algorithm>
#include <array>

namespace gw::config {
namespace {

// Read by the keeper when it starts.
constexpr std::array<std::string_view, 4> kKeeperKeys = {"gateway.port", "gateway.bind", "gateway.auth.mode",
                                                         "native.restart.probationMs"};

bool is_below(std::string_view path, std::string_view ancestor) {
  return path.starts_with(ancestor) && (path.size() == ancestor.size() || path[ancestor.size()] == '.');
}

bool is_ignored(const Config& config, std::string_view path) {
  return std::ranges::any_of(config.ignored, [&](const std::string& key) { return is_below(path, key); });
}

// Objects are compared key by key, everything else as a whole.
void compare(const json::Value& before, const json::Value& after, const std::string& path,
             std::vector<std::string>& changed) {
  if (before == after) return;
  if (!before.is_object() || !after.is_object()) return changed.push_back(path);
  const json::Value absent;
  const auto below = [&](std::string_view key) {
    return path.empty() ? std::string(key) : path + "." + std::string(key);
  };
  for (const auto& [key, value] : before.get_object()) {
    const json::Value* now = after.get_object().if_contains(key);
    compare(value, now ? *now : absent, below(json::view(key)), changed);
  }
  for (const auto& [key, value] : after.get_object()) {
    if (!before.get_object().contains(key)) compare(absent, value, below(json::view(key)), changed);
  }
}

}  // namespace

Changes changes_between(const Config& before, const Config& after) {
  std::vector<std::string> changed;
  compare(before.source, after.source, "", changed);
  Changes changes;
  for (std::string& path : changed) {
    if (is_ignored(before, path) || is_ignored(after, path)) continue;
    const bool is_keepers =
        std::ranges::any_of(kKeeperKeys, [&](std::string_view key) { return is_below(path, key); });
    auto& list = is_keepers ? changes.need_stop : changes.need_restart;
    if (list.size() < kChangedPathsMax) list.push_back(std::move(path));
  }
  return changes;
}

}  // namespace gw::config
