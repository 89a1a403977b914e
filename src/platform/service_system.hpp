#pragma once

namespace gw::platform {

/// What starts and keeps services for a user.
enum class ServiceSystem { Systemd, Launchd, TaskScheduler };

/// The one of the system that this program was built for.
ServiceSystem host_service_system();

}  // namespace gw::platform
