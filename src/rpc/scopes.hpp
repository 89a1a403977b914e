#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Operator scopes: what a client may do (docs/wire.md, "Scopes").
namespace gw::rpc {

enum class Scope { None, Read, Write, Admin, Approvals, Pairing, Questions, Talk, TalkSecrets };

/// The wire name, `operator.read`; empty for None.
std::string_view name_of(Scope scope);
std::optional<Scope> scope_of(std::string_view name);

/// Whether `granted` allows what needs `scope`: `admin` allows everything, `write` also `read` and `talk`.
bool allows(std::span<const std::string> granted, Scope scope);

/// Whether `granted` allows everything that `asked` would. Unknown names in `asked` are not covered.
bool covers(std::span<const std::string> granted, std::span<const std::string> asked);

/// The known names of `asked` in their order, each once. Unknown names are dropped: nobody grants what nobody
/// knows.
std::vector<std::string> known_scopes(std::span<const std::string> asked);

/// As pairings are stored: implied scopes added (`admin`: `read`, `write`; `write`: `read`), sorted, each
/// once.
std::vector<std::string> normalized_scopes(std::span<const std::string> scopes);

}  // namespace gw::rpc
