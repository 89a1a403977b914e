#pragma once

#include <expected>
#include <string>

#include "base/secret.hpp"
#include "cli/failure.hpp"
#include "config/config.hpp"

namespace gw::cli {

struct Credentials {
  Secret token;
  Secret password;
  std::string source;  ///< Who named the one that is sent: `--token`, `gateway.auth.token`, …; empty: nobody.
};

/// What the credentials of a call are chosen from. Plain data, so that the order of precedence can be tested.
struct CredentialInput {
  config::Environment environment;
  config::Config config = config::defaults();
  config::SecretLookup look_up;  ///< Asked only for references whose turn comes.
  Secret token_flag;
  Secret password_flag;
  Secret run_token;  ///< That the gateway of this state directory made up for its run.
};

enum class Recipient {
  Stranger,     ///< Named by `--url`: what is configured is not for it.
  Environment,  ///< Named by `OPENCLAW_GATEWAY_URL`: the credentials of the environment are.
  Remote,       ///< `gateway.remote.url`.
  Local,        ///< The gateway that the file describes.
};

/// Flags first, and alone when there are any; then as docs/cli.md says. A reference that could win and cannot
/// be followed is a failure with the code `GATEWAY_SECRET_REF_UNAVAILABLE`; nothing is sent in its place.
std::expected<Credentials, Failure> credentials_for(Recipient recipient, const CredentialInput& input);

}  // namespace gw::cli
