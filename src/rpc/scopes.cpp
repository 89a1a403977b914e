#include "rpc/scopes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gw::rpc {
namespace {

constexpr std::array<std::pair<Scope, std::string_view>, 8> kNames{{
    {Scope::Read, "operator.read"},
    {Scope::Write, "operator.write"},
    {Scope::Admin, "operator.admin"},
    {Scope::Approvals, "operator.approvals"},
    {Scope::Pairing, "operator.pairing"},
    {Scope::Questions, "operator.questions"},
    {Scope::Talk, "operator.talk"},
    {Scope::TalkSecrets, "operator.talk.secrets"},
}};

bool implies(Scope granted, Scope wanted) {
  if (granted == wanted || granted == Scope::Admin) return true;
  return granted == Scope::Write && (wanted == Scope::Read || wanted == Scope::Talk);
}

}  // namespace

std::string_view name_of(Scope scope) {
  for (const auto& [known, name] : kNames) {
    if (known == scope) return name;
  }
  return {};
}

std::optional<Scope> scope_of(std::string_view name) {
  for (const auto& [scope, known] : kNames) {
    if (known == name) return scope;
  }
  return std::nullopt;
}

bool allows(std::span<const std::string> granted, Scope scope) {
  if (scope == Scope::None) return true;
  return std::ranges::any_of(granted, [&](const std::string& name) {
    const auto have = scope_of(name);
    return have && implies(*have, scope);
  });
}

bool covers(std::span<const std::string> granted, std::span<const std::string> asked) {
  return std::ranges::all_of(asked, [&](const std::string& name) {
    const auto wanted = scope_of(name);
    return wanted && allows(granted, *wanted);
  });
}

std::vector<std::string> known_scopes(std::span<const std::string> asked) {
  std::vector<std::string> known;
  for (const std::string& name : asked) {
    if (scope_of(name) && std::ranges::find(known, name) == known.end()) known.push_back(name);
  }
  return known;
}

std::vector<std::string> normalized_scopes(std::span<const std::string> scopes) {
  std::vector<std::string> all = known_scopes(scopes);
  const auto has = [&](Scope scope) { return std::ranges::find(all, name_of(scope)) != all.end(); };
  if (has(Scope::Admin) && !has(Scope::Write)) all.emplace_back(name_of(Scope::Write));
  if (has(Scope::Write) && !has(Scope::Read)) all.emplace_back(name_of(Scope::Read));
  std::ranges::sort(all);
  return all;
}

}  // namespace gw::rpc
