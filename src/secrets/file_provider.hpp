#pragma once

#include "config/paths.hpp"
#include "config/secret_refs.hpp"

namespace gw::secrets {

/// Secrets of one file: of a JSON document by pointer, or the whole text (`mode: "singleValue"`). The file
/// must be a regular one that belongs to this user, that nobody else may read or write, and that has no other
/// name: neither a symbolic nor a second hard link.
config::SecretAnswers read_file_provider(const config::SecretQuery& query,
                                         const config::Environment& environment);

}  // namespace gw::secrets
