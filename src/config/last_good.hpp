#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace gw::config {

/// Whether the text may become `openclaw.json.last-good`: it is there, and no secret in it was replaced by
/// what is shown to people.
bool is_worth_keeping(const Config& config);

/// What looks like an accident in a configuration that is read, beside the last one that was good; empty when
/// there is none. For the log: nothing is put right by itself.
std::vector<std::string> anomalies(const Config& config, std::string_view last_good);

}  // namespace gw::config
