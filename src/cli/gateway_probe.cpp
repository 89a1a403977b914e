#include "cli/gateway_probe.hpp"

#include <algorithm>

#include "cli/connect_params.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

/// A connection that has proved, when it `reads`, that it can.
std::expected<Client, Failure> connect(Context& cli, const Target& target, bool reads, Instant deadline) {
  if (!reads) {
    return Client::connect(target, {.client_id = "cli", .mode = "probe", .scopes = {}, .device = {}},
                           deadline);
  }
  auto client = open_probe(cli, target, scopes_for("status"), deadline);
  if (!client) return client;
  auto status = client->call("status", nullptr, deadline);
  if (!status) return std::unexpected(std::move(status).error());
  return client;
}

void tell_failure(const Failure& failure, json::Object& rpc) {
  rpc["error"] = failure.reason.empty() ? failure.message : failure.message + ": " + failure.reason;
  if (failure.code == "NOT_PAIRED") rpc["capability"] = "pairing_pending";
  const json::Object* details = failure.details.if_object();
  const std::string detail(details ? json::text_or(*details, "code") : "");
  json::Object why{{"kind", "unreachable"}};
  if (detail == "DEVICE_IDENTITY_REQUIRED") {
    why["kind"] = "device-identity-required";
  } else if (failure.kind == Failure::Kind::Request) {
    why["kind"] = "refused";
  }
  if (!detail.empty()) why["detailCode"] = detail;
  rpc["connectFailure"] = std::move(why);
  if (failure.kind == Failure::Kind::Request || failure.close_code != 0) rpc["gatewayReached"] = true;
  if (failure.is_timeout) rpc["timedOut"] = true;
}

}  // namespace

std::string_view capability_of(const json::Object& auth) {
  std::string_view best = "connected_no_operator_scope";
  const json::Array* scopes = json::array_at(auth, "scopes");
  if (!scopes) return "unknown";
  const auto has = [&](std::string_view name) {
    return std::any_of(scopes->begin(), scopes->end(), [&](const json::Value& s) {
      return s.is_string() && json::view(s.get_string()) == name;
    });
  };
  if (has("operator.read")) best = "read_only";
  if (has("operator.write")) best = "write_capable";
  if (has("operator.admin")) best = "admin_capable";
  return best;
}

json::Object probe_gateway(Context& cli, const Target& target, bool reads, Millis timeout) {
  json::Object rpc{
      {"ok", false}, {"kind", reads ? "read" : "connect"}, {"capability", "unknown"}, {"url", target.url}};
  const Instant deadline = platform::now() + timeout;
  auto client = again_after_hand_over([&] { return connect(cli, target, reads, deadline); });
  if (!client) {
    tell_failure(client.error(), rpc);
    if (!target.auth_warning.empty()) rpc["authWarning"] = target.auth_warning;
    return rpc;
  }
  const json::Object& hello = client->hello();
  if (const json::Object* auth = json::object_at(hello, "auth")) {
    const std::string_view capability = capability_of(*auth);
    rpc["capability"] = capability;
    rpc["auth"] = {{"role", json::text_or(*auth, "role")}, {"capability", capability}};
    if (const json::Array* scopes = json::array_at(*auth, "scopes"))
      rpc["auth"].get_object()["scopes"] = *scopes;
  }
  if (const json::Object* server = json::object_at(hello, "server")) {
    rpc["server"] = *server;
    rpc["version"] = json::text_or(*server, "version");
  }
  client->close();
  rpc["ok"] = true;
  return rpc;
}

}  // namespace gw::cli
