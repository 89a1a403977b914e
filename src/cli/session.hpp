#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/client.hpp"
#include "cli/context.hpp"

namespace gw::cli {

/// Connects as this state directory's own device, with those scopes.
std::expected<Client, Failure> open_session(const Context& cli, const Target& target,
                                            std::vector<std::string> scopes, Instant deadline);

}  // namespace gw::cli
