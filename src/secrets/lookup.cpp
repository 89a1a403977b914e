#include "secrets/lookup.hpp"

#include <utility>

#include "secrets/file_provider.hpp"
#include "secrets/program_provider.hpp"

namespace gw::secrets {

config::SecretLookup lookup(config::Environment environment) {
  return [environment = std::move(environment)](const config::SecretQuery& query) {
    const bool is_file = json::text_or(query.definition, "source") == "file";
    return is_file ? read_file_provider(query, environment) : run_program_provider(query, environment);
  };
}

}  // namespace gw::secrets
