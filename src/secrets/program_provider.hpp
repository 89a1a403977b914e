#pragma once

#include "config/paths.hpp"
#include "config/secret_refs.hpp"

namespace gw::secrets {

/// Secrets that a program prints (docs/configuration.md has the protocol). It is started without a shell,
/// with the variables of its definition alone, once for all ids.
config::SecretAnswers run_program_provider(const config::SecretQuery& query,
                                           const config::Environment& environment);

}  // namespace gw::secrets
