#pragma once

#include <string>
#include <vector>

namespace gw::platform {

/// The words of a command line, those that follow `--token` and `--password` hidden.
std::vector<std::string> without_secrets(const std::vector<std::string>& words);

}  // namespace gw::platform
