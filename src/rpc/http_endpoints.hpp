#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "json/value.hpp"
#include "ports/connection.hpp"
#include "rpc/authenticator.hpp"

/// What the port answers to plain HTTP (docs/wire.md, "HTTP").
namespace gw::rpc {

enum class Phase { Starting, Started, Draining };

/// The state of this generation as supervisors see it.
struct Health {
  Phase phase = Phase::Starting;
  bool is_ready = false;
  std::vector<std::string> failing;  ///< What is not ready, for example `gateway-draining`.
  std::string pending_reason;        ///< While starting: what is waited for. May be empty.
  Millis uptime{0};
  std::string version;
};

/// `config` is read for what the control UI is told, `authenticator` decides who sees details.
HttpResponse answer(const HttpRequest& request, const Health& health, const config::Config& config,
                    Authenticator& authenticator);

/// With the headers that every answer carries.
HttpResponse json_answer(int status, const json::Object& body);
HttpResponse text_answer(int status, std::string body);

}  // namespace gw::rpc
