#include "cli/connect_params.hpp"

#include <algorithm>
#include <iterator>

#include "base/version.hpp"
#include "crypto/base64.hpp"
#include "crypto/ed25519.hpp"

namespace gw::cli {
namespace {

constexpr int kProtocolMin = 3;
constexpr int kProtocolMax = 4;
constexpr std::string_view kPlatform = "linux";

/// What the device key signs, version 3 of the form.
std::string signed_text(const Target& target, const Identity& identity, const std::string& nonce,
                        UnixMillis now) {
  std::string scopes;
  for (const std::string& scope : identity.scopes) scopes += (scopes.empty() ? "" : ",") + scope;
  std::string text = "v3|" + identity.device->device_id + "|" + identity.client_id + "|" + identity.mode;
  text += "|operator|" + scopes + "|" + std::to_string(now.value) + "|" + target.token.reveal() + "|" + nonce;
  text += "|" + std::string(kPlatform) + "|";  // No device family.
  return text;
}

}  // namespace

Result<json::Object> connect_params(const Target& target, const Identity& identity, const std::string& nonce,
                                    UnixMillis now) {
  json::Array scopes;
  for (const std::string& scope : identity.scopes) scopes.push_back(json::Value(scope));
  json::Object params{
      {"minProtocol", kProtocolMin},
      {"maxProtocol", kProtocolMax},
      {"client",
       {{"id", identity.client_id}, {"version", kVersion}, {"platform", kPlatform}, {"mode", identity.mode}}},
      {"role", "operator"},
      {"scopes", std::move(scopes)},
      {"caps", json::Array{}}};
  json::Object auth;
  if (!target.token.empty()) auth["token"] = target.token.reveal();
  if (!target.password.empty()) auth["password"] = target.password.reveal();
  if (!auth.empty()) params["auth"] = std::move(auth);
  if (identity.device) {
    const auto signature = crypto::sign(identity.device->key, signed_text(target, identity, nonce, now));
    if (!signature) return std::unexpected(signature.error());
    params["device"] = {{"id", identity.device->device_id},
                        {"publicKey", crypto::base64url(identity.device->key.public_key)},
                        {"signature", crypto::base64url(*signature)},
                        {"signedAt", now.value},
                        {"nonce", nonce}};
  }
  return params;
}

bool only_reads(std::string_view method) {
  constexpr std::string_view kReading[] = {"health",
                                           "status",
                                           "system-presence",
                                           "gateway.identity.get",
                                           "logs.tail",
                                           "models.list",
                                           "gateway.restart.preflight",
                                           "gateway.restart.status",
                                           "gateway.restart.history",
                                           "sessions.list",
                                           "chat.history",
                                           "channels.status",
                                           "last-heartbeat",
                                           "config.get",
                                           "tasks.list",
                                           "tasks.get",
                                           "agents.list",
                                           "sessions.preview",
                                           "diagnostics.stability",
                                           "usage.cost"};
  return std::ranges::find(kReading, method) != std::end(kReading);
}

std::vector<std::string> scopes_for(std::string_view method) {
  constexpr std::string_view kWriting[] = {"agent",          "agent.wait",      "chat.send",
                                           "chat.abort",     "sessions.create", "sessions.send",
                                           "sessions.abort", "tasks.cancel"};
  if (only_reads(method)) return {"operator.read"};
  for (const std::string_view known : kWriting) {
    if (method == known) return {"operator.write"};
  }
  if (method == "gateway.restart.request" || method == "gateway.restart.cancel") return {"operator.admin"};
  return {"operator.admin", "operator.read", "operator.write", "operator.approvals", "operator.pairing"};
}

}  // namespace gw::cli
