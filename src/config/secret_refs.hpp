#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "json/value.hpp"

/// References to secrets that are kept outside of the file: `{source, provider, id}`.
namespace gw::config {

struct SecretRef {
  std::string source;  ///< `env`, `file` or `exec`.
  std::string provider;
  std::string id;
};

/// Checks form and provider against the rest of the file. Fails with `Code::InvalidRequest`; the message
/// never holds more of the file than names.
Result<SecretRef> read_reference(const json::Object& object, const json::Object& root);

/// `secrets.providers.<name>`; nullptr when it is not configured.
const json::Object* provider_definition(const json::Object& root, std::string_view name);

/// One provider with everything that it is asked for.
struct SecretQuery {
  std::string provider;
  json::Object definition;       ///< `secrets.providers.<provider>`, variables filled in.
  std::vector<std::string> ids;  ///< Each once.
};

/// For each id its secret, or why there is none.
using SecretAnswers = std::map<std::string, Result<Secret>>;

/// Asks a provider of source `file` or `exec`, which may take as long as its limits say. `src/secrets` has
/// the real one: this module starts no programs.
using SecretLookup = std::function<SecretAnswers(const SecretQuery&)>;

/// Which references are looked up while the file is read.
struct SecretAccess {
  SecretLookup look_up;         ///< Empty: nobody is asked, and what stands outside of the file stays empty.
  std::string only_below = {};  ///< Only references at or below this path of the file; empty: all of them.
};

}  // namespace gw::config
