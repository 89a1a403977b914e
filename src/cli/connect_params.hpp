#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cli/client.hpp"
#include "json/value.hpp"

namespace gw::cli {

/// The parameters of `connect`, signed when the identity has a device (docs/wire.md, "Device identity").
Result<json::Object> connect_params(const Target& target, const Identity& identity, const std::string& nonce,
                                    UnixMillis now);

/// Whether calling the method twice is as good as once.
bool only_reads(std::string_view method);

/// The least scopes that a method needs; those of an operator who may do everything for a method we do not
/// know.
std::vector<std::string> scopes_for(std::string_view method);

}  // namespace gw::cli
