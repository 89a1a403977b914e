#include "cli/commands/gateway_restart.hpp"
#include "cli/connect_params.hpp"
#include "cli/session.hpp"
#include "platform/clock.hpp"

namespace gw::cli {

int cancel_restart(Context& cli, const Args& args) {
  const auto target = target_of(cli, args);
  if (!target) return cli.out.problem(target.error());
  const Instant deadline = platform::now() + kRestartRequestLimit;
  auto client = open_session(cli, *target, scopes_for("gateway.restart.cancel"), deadline);
  if (!client) return cli.out.problem(client.error());
  const auto answer = client->call("gateway.restart.cancel", json::Object{}, deadline);
  client->close();
  if (!answer) return cli.out.problem(answer.error());
  const std::string id(answer->is_object() ? json::text_or(answer->get_object(), "id") : "");
  cli.out.document(*answer);
  cli.out.line("restart " + id + " cancelled; the gateway serves on");
  return 0;
}

}  // namespace gw::cli
