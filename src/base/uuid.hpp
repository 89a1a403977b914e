#pragma once

#include <string>

namespace gw {

/// A random UUID (version 4) in lower case. Uses the system's random source; may be called on any thread.
std::string random_uuid();

}  // namespace gw
