#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "protocol/frames.hpp"
#include "rpc/scopes.hpp"

namespace gw::rpc {

/// Who is on a connection, after the handshake. Plain data: it can be written down and handed to a successor.
struct Client {
  std::string conn_id;
  std::string client_id;    ///< `cli`, `openclaw-control-ui`, …
  std::string client_mode;  ///< `cli`, `backend`, `probe`, …
  std::string client_version;
  std::string display_name;
  std::string platform;
  std::string device_family;
  std::string model_identifier;
  std::string instance_id;
  std::string time_zone;
  std::string role;                 ///< `operator` or `node`.
  std::vector<std::string> scopes;  ///< Granted ones; always empty for a node.
  std::vector<std::string> caps;
  std::string device_id;  ///< Empty without a device.
  std::string address;
  int protocol = 4;  ///< 3 or 4.
  bool is_local = false;
  UnixMillis connected_at;
  std::string auth_method;  ///< `none`, `token`, `password` or `device-token`.
};

bool has_scope(const Client& client, Scope scope);

/// The refusal of a call that needs `required`: `FORBIDDEN` for protocol 4, `INVALID_REQUEST` for protocol 3.
frames::WireError missing_scope(const Client& client, Scope required);

}  // namespace gw::rpc
