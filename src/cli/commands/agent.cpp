#include <algorithm>
#include <thread>

#include "base/uuid.hpp"
#include "cli/commands/all.hpp"
#include "cli/connect_params.hpp"
#include "cli/session.hpp"
#include "cli/values.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr std::int64_t kTimeoutDefaultS = 600;
constexpr Millis kConnectLimit{10'000};
constexpr Millis kRetryFirst{50};
constexpr Millis kRetryLongest{2'000};

/// Asks until there is a final answer. The gateway knows the request by its key, so asking again after a lost
/// connection joins the run that is under way, and never starts a second one.
std::expected<json::Value, Failure> ask(Context& cli, const Target& target, const json::Object& params,
                                        Instant deadline) {
  Millis wait = kRetryFirst;
  bool was_connected = false;
  for (;;) {
    Failure failure;
    auto client =
        open_session(cli, target, scopes_for("agent"), std::min(deadline, platform::now() + kConnectLimit));
    if (client) {
      was_connected = true;
      auto answer = client->call("agent", params, deadline, /*is_two_stage=*/true);
      if (answer) {
        client->close();
        return answer;
      }
      failure = std::move(answer).error();
    } else {
      failure = std::move(client).error();
    }
    const bool is_lost = failure.kind == Failure::Kind::Transport && !failure.is_timeout;
    const bool is_busy = failure.kind == Failure::Kind::Request && failure.is_retryable;
    if (!was_connected || !(is_lost || is_busy) || platform::now() + wait >= deadline) {
      return std::unexpected(std::move(failure));
    }
    std::this_thread::sleep_for(wait);
    wait = std::min(kRetryLongest, wait * 2);
  }
}

std::string text_of(const json::Value& answer) {
  std::string text;
  const json::Object* object = answer.if_object();
  const json::Object* result = object ? json::object_at(*object, "result") : nullptr;
  const json::Array* payloads = result ? json::array_at(*result, "payloads") : nullptr;
  if (!payloads) return text;
  for (const json::Value& payload : *payloads) {
    if (!payload.is_object()) continue;
    text += json::text_or(payload.get_object(), "text");
    text += '\n';
  }
  return text;
}

int run(Context& cli, const Args& args) {
  const auto message = args.text("--message");
  const auto session = args.text("--session-id");
  if (!message || message->empty()) return cli.out.problem(cli_failure("agent needs --message <text>"));
  if (!session || session->empty()) return cli.out.problem(cli_failure("agent needs --session-id <id>"));
  std::int64_t timeout_s = kTimeoutDefaultS;
  if (const auto text = args.text("--timeout")) {
    const auto number = parse_timeout_ms(*text);  // The same grammar; here the unit is a second.
    if (!number) return cli.out.problem(cli_failure("Invalid --timeout. Give a positive number of seconds."));
    timeout_s = number->count();
  }
  TargetInput input = target_input(cli, args);
  const auto target = resolve_target(input);
  if (!target) return cli.out.problem(target.error());
  const json::Object params{{"message", *message},
                            {"sessionId", *session},
                            {"sessionKey", "agent:main:explicit:" + *session},
                            {"idempotencyKey", random_uuid()},
                            {"deliver", false},
                            {"timeout", timeout_s}};
  const auto answer = ask(cli, *target, params, platform::now() + Millis{timeout_s * 1'000} + kConnectLimit);
  if (!answer) return cli.out.problem(answer.error());
  cli.out.document(*answer);
  if (!cli.out.is_json()) cli.out.raw(text_of(*answer));
  const json::Object* object = answer->if_object();
  return object && json::text_or(*object, "status") == "ok" ? 0 : 1;
}

}  // namespace

Command agent_command() {
  return {.path = "agent",
          .summary = "Run one agent turn and print its answer, also through a restart",
          .details = R"(
            Waits for the final answer. When the connection ends (a restart, a crash) it connects again and asks
            with the same idempotency key: it joins the run and never starts a second one.

            `--session-id` and `--message` are required. The command waits 10 s longer than the limit of the run.
            Exit code 0 when the run ended well, else 1.)",
          .options = {{"--session-id", "<id>", "Session to speak in"},
                      {"--message", "<text>", "What to say"},
                      {"--timeout", "<seconds>", "Give up after this long (600)"},
                      {"--url", "<url>", "Gateway to talk to; needs --token or --password"},
                      {"--port", "<n>", "Talk to ws://127.0.0.1:<n>"},
                      {"--token", "<token>", "Shared token"},
                      {"--password", "<password>", "Shared password"},
                      {"--json", "", "Print one JSON document"}},
          .examples = {"openclaw agent --session-id notes --message \"Summarise today\""},
          .run = run};
}

}  // namespace gw::cli
