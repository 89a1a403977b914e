#include "cli/commands/all.hpp"
#include "cli/session.hpp"

namespace gw::cli {
namespace {

int run(Context& cli, const Args& args) {
  const auto payload = ask_gateway(cli, args, {.method = "health"});
  if (!payload) return cli.out.problem(payload.error());
  cli.out.document(*payload);
  const json::Object empty;
  const json::Object& health = payload->is_object() ? payload->get_object() : empty;
  cli.out.line(cli.out.bold("Gateway Health"));
  const std::string took = " (" + std::to_string(json::int_or(health, "durationMs", 0)) + "ms)";
  cli.out.line(json::bool_or(health, "ok", false) ? cli.out.good("OK") + took : cli.out.bad("not OK") + took);
  if (const json::Object* channels = json::object_at(health, "channels")) {
    for (const auto& channel : *channels) {
      const std::string name(channel.key().data(), channel.key().size());
      const json::Object* state = channel.value().if_object();
      const bool is_running = state && json::bool_or(*state, "running", false);
      cli.out.row(name, is_running ? "running" : "not running");
    }
  }
  return 0;
}

}  // namespace

Command health_command() {
  return {.path = "gateway health",
          .summary = "Ask the running gateway how it fares",
          .details = R"(
            JSON: the answer of the method `health`. Exit code 1 when there is none.)",
          .options = connection_options(),
          .examples = {"openclaw health", "openclaw gateway health --json"},
          .run = run};
}

}  // namespace gw::cli
