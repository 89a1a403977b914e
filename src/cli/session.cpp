#include "cli/session.hpp"

#include "platform/clock.hpp"

namespace gw::cli {

std::expected<Client, Failure> open_session(const Context& cli, const Target& target,
                                            std::vector<std::string> scopes, Instant deadline) {
  Identity identity;
  identity.scopes = std::move(scopes);
  auto device = config::load_or_create_identity(cli.paths.device_key(), platform::wall_now());
  if (!device) return std::unexpected(cli_failure(device.error().message));
  identity.device = *std::move(device);
  return Client::connect(target, identity, deadline);
}

}  // namespace gw::cli
