#pragma once

#include <memory>
#include <string>

#include "service/manager.hpp"

namespace gw::service {

/// In the place of a manager that cannot be: everything fails with `why`.
std::unique_ptr<Manager> make_absent_manager(std::string why);

}  // namespace gw::service
