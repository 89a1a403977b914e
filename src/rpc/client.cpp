#include "rpc/client.hpp"

namespace gw::rpc {

bool has_scope(const Client& client, Scope scope) { return allows(client.scopes, scope); }

frames::WireError missing_scope(const Client& client, Scope required) {
  const std::string_view name = name_of(required);
  return {
      .code = client.protocol >= 4 ? "FORBIDDEN" : "INVALID_REQUEST",
      .message = "missing scope: " + std::string(name),
      .details = {{"code", "MISSING_SCOPE"}, {"missingScope", name}, {"requiredScopes", json::Array{name}}}};
}

}  // namespace gw::rpc
