#include "platform/service_system.hpp"

namespace gw::platform {

ServiceSystem host_service_system() { return ServiceSystem::Systemd; }

}  // namespace gw::platform
