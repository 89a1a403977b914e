#include "config/changes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gw::config {
namespace {

struct Reached {
  std::string_view path;
  Reach reach;
};

// The longest path that leads to a key decides.
constexpr auto kReaches = std::to_array<Reached>({
    {"gateway.mode", Reach::Start},
    {"gateway.port", Reach::Listener},
    {"gateway.bind", Reach::Listener},
    {"gateway.customBindHost", Reach::Listener},
    {"gateway.auth", Reach::Auth},
    {"gateway.controlUi.allowedOrigins", Reach::Live},
    {"gateway.reload", Reach::Live},
    {"gateway.tls", Reach::Restart},
    {"commands.restart", Reach::Live},
    {"agents", Reach::Live},
    {"models", Reach::Live},
    {"logging", Reach::Live},
    {"env", Reach::Live},
    {"secrets", Reach::Live},
    {"native", Reach::Live},
});

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
  // A section that comes or goes is as many changes as it has keys, each with a reach of its own.
  const json::Value nothing = json::Object();
  const json::Value& left = before.is_null() && after.is_object() ? nothing : before;
  const json::Value& right = after.is_null() && before.is_object() ? nothing : after;
  if (!left.is_object() || !right.is_object()) return changed.push_back(path);
  const json::Value absent;
  const auto below = [&](std::string_view key) {
    return path.empty() ? std::string(key) : path + "." + std::string(key);
  };
  for (const auto& [key, value] : left.get_object()) {
    const json::Value* now = right.get_object().if_contains(key);
    compare(value, now ? *now : absent, below(json::view(key)), changed);
  }
  for (const auto& [key, value] : right.get_object()) {
    if (!left.get_object().contains(key)) compare(absent, value, below(json::view(key)), changed);
  }
}

void add(std::vector<std::string>& list, std::string path) {
  if (list.size() < kChangedPathsMax && std::ranges::find(list, path) == list.end())
    list.push_back(std::move(path));
}

}  // namespace

std::optional<Reach> reach_of(std::string_view path) {
  const Reached* longest = nullptr;
  for (const Reached& entry : kReaches) {
    if (is_below(path, entry.path) && (!longest || entry.path.size() > longest->path.size()))
      longest = &entry;
  }
  return longest ? std::optional(longest->reach) : std::nullopt;
}

Changes changes_between(const Config& before, const Config& after) {
  std::vector<std::string> changed;
  compare(before.source, after.source, "", changed);
  const bool is_mode_new = before.auth_mode != after.auth_mode;
  const bool is_bind_new = before.bind != after.bind || before.custom_bind_host != after.custom_bind_host;
  const bool is_secret_same =
      before.token.reveal() == after.token.reveal() && before.password.reveal() == after.password.reveal();
  Changes changes;
  if (is_mode_new) add(changes.need_restart, "gateway.auth.mode");
  for (std::string& path : changed) {
    if (is_ignored(before, path) || is_ignored(after, path)) continue;
    switch (reach_of(path).value_or(Reach::Restart)) {
      case Reach::Listener:
        add((path == "gateway.port" ? before.port != after.port : is_bind_new) ? changes.listener
                                                                               : changes.no_effect,
            std::move(path));
        break;
      case Reach::Auth:
        add(is_mode_new      ? changes.need_restart
            : is_secret_same ? changes.no_effect
                             : changes.live,
            std::move(path));
        break;
      case Reach::Restart:
        add(changes.need_restart, std::move(path));
        break;
      case Reach::Live:
        add(changes.live, std::move(path));
        break;
      case Reach::Start:
        add(changes.no_effect, std::move(path));
        break;
    }
  }
  return changes;
}

Config applicable(const Config& running, Config next) {
  if (next.auth_mode != running.auth_mode) {
    next.auth_mode = running.auth_mode;
    next.token = running.token;
    next.password = running.password;
  }
  return next;
}

Status may_listen_on(const Config& config, std::string_view host) {
  if (config.auth_mode != AuthMode::None || is_loopback(host)) return {};
  return fail(Code::InvalidRequest,
              "gateway.auth.mode none is for loopback only, and the gateway listens on " + std::string(host));
}

std::optional<Issue> refusal_of(const Config& next) {
  if (next.auth_mode == AuthMode::Token && next.token.empty()) {
    return Issue{"gateway.auth.token",
                 "a gateway that runs cannot make a token: set one, or stop the gateway and start it"};
  }
  if (next.auth_mode == AuthMode::None && !is_loopback(next.bind_host)) {
    return Issue{"gateway.auth.mode", "none is for loopback only, and gateway.bind says " + next.bind_host};
  }
  return std::nullopt;
}

}  // namespace gw::config
