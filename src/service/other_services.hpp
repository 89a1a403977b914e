#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "service/definition.hpp"

namespace gw::service {

/// A unit that looks like a gateway and is none of ours.
struct OtherService {
  std::string unit;
  std::filesystem::path file;
  Scope scope = Scope::User;
  std::string marker;  ///< The word that gave it away: `openclaw` or `clawdbot`.
  bool is_legacy = false;
};

/// Looks through the user's unit directory and, when `looks_deep`, the system's. A unit counts when its
/// command starts a gateway of OpenClaw or a predecessor; `own_unit` and the units of profiles are intended,
/// and left out.
std::vector<OtherService> other_services(const std::filesystem::path& user_units, const std::string& own_unit,
                                         bool looks_deep);

}  // namespace gw::service
