#pragma once

#include "config/paths.hpp"
#include "config/secret_refs.hpp"

namespace gw::secrets {

/// Asks the providers of source `file` and `exec`. Blocks; bounded by the limits of each provider
/// (docs/configuration.md). `environment` is where the variables named in `passEnv` and the home directory
/// come from.
config::SecretLookup lookup(config::Environment environment);

}  // namespace gw::secrets
