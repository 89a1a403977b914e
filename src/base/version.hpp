#pragma once

#include <string_view>

namespace gw {

/// The version of this build; `project(VERSION)` in CMakeLists.txt is its only source.
inline constexpr std::string_view kVersion = GW_VERSION;

}  // namespace gw
