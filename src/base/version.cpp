#include "base/version.hpp"

namespace gw {

// A file of its own: a new version compiles nothing else again.
constinit const std::string_view kVersion = GW_VERSION;

}  // namespace gw
