#pragma once

#include <string_view>

namespace gw {

/// The version of this build; `project(VERSION)` in CMakeLists.txt is its only source.
extern const std::string_view kVersion;

}  // namespace gw
