#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/process_identity.hpp"

namespace gw::platform {

/// A unit of systemd.
struct ServiceUnit {
  std::string name;         ///< `openclaw-gateway.service`.
  std::optional<int> user;  ///< Whose manager keeps it; nothing: that of the system.
  bool operator==(const ServiceUnit&) const = default;
};

/// The service whose main process that is, as the kernel and the process's own environment tell: systemd need
/// not be asked. Nothing for a process that was merely started from within a service, for one of another user
/// and for one that is gone.
std::optional<ServiceUnit> service_unit_of(const ProcessIdentity& process);

/// The service of a control group, `0::/user.slice/…/user@1000.service/app.slice/x.service`, one line for
/// each hierarchy; nothing for a session, a scope or a group of the service's own. Pure, for its test.
std::optional<ServiceUnit> unit_of_cgroup(std::string_view lines);

}  // namespace gw::platform
