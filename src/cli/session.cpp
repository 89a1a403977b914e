#include "cli/session.hpp"

#include "cli/connect_params.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kCallTimeout{10'000};

}  // namespace

std::expected<Client, Failure> open_session(const Context& cli, const Target& target,
                                            std::vector<std::string> scopes, Instant deadline) {
  Identity identity;
  identity.scopes = std::move(scopes);
  auto device = config::load_or_create_identity(cli.paths.device_key(), platform::wall_now());
  // Without a key (a full disk, a read-only state directory) the shared secret alone still does.
  if (device) identity.device = *std::move(device);
  return Client::connect(target, identity, deadline);
}

std::expected<Client, Failure> open_probe(const Context& cli, const Target& target,
                                          std::vector<std::string> scopes, Instant deadline) {
  std::error_code error;
  if (std::filesystem::exists(cli.paths.device_key(), error))
    return open_session(cli, target, std::move(scopes), deadline);
  return Client::connect(target, {.scopes = std::move(scopes), .device = {}}, deadline);
}

std::expected<json::Value, Failure> call_once(const Context& cli, const Target& target, const Call& call,
                                              Instant deadline) {
  auto client = open_session(cli, target, scopes_for(call.method), deadline);
  if (!client) return std::unexpected(std::move(client).error());
  auto payload = client->call(call.method, call.params, deadline, call.is_two_stage);
  client->close();
  return payload;
}

std::expected<json::Value, Failure> ask_gateway(const Context& cli, const Args& args, const Call& call) {
  const auto timeout = timeout_of(args, kCallTimeout);
  if (!timeout) return std::unexpected(timeout.error());
  const auto target = target_of(cli, args);
  if (!target) return std::unexpected(target.error());
  const Instant deadline = platform::now() + *timeout;
  const auto once = [&] { return call_once(cli, *target, call, deadline); };
  return only_reads(call.method) ? again_after_hand_over(once) : once();
}

}  // namespace gw::cli
