#include <optional>

#include "base/text.hpp"
#include "core/session/key.hpp"
#include "json/read.hpp"
#include "rpc/methods/restart_methods.hpp"
#include "rpc/methods/restart_shapes.hpp"

namespace gw::rpc {
namespace {

constexpr std::string_view kDefaultReason = "gateway.restart.safe";
constexpr std::int64_t kWaitMsMax = 2'147'000'000;

struct Target {
  std::int64_t pid = 0;
  std::string owner_id;
  std::int64_t port = 0;
};

// What a request asks for, or the message of its refusal. The texts are those that OpenClaw's command line
// knows.
struct ParsedRequest {
  engine::RestartRequest request;
  std::optional<Target> target;
  bool is_safe_target = false;
};

std::optional<Target> read_target(const json::Value& value) {
  const json::Object* object = value.if_object();
  if (!object) return std::nullopt;
  Target target{json::int_or(*object, "pid", 0), std::string(trimmed(json::text_or(*object, "ownerId"))),
                json::int_or(*object, "port", 0)};
  const bool is_good = target.pid > 0 && !target.owner_id.empty() && target.port > 0 && target.port <= 65'535;
  return is_good ? std::optional(std::move(target)) : std::nullopt;
}

// False: malformed.
bool read_intent(const json::Value* value, engine::RestartRequest& request) {
  request.mode = restart::Mode::Plain;
  if (!value) return true;
  const json::Object* intent = value->if_object();
  if (!intent) return false;
  const json::Value* force = intent->if_contains("force");
  if (force && !force->is_bool()) return false;
  if (force && force->get_bool()) {
    request.mode = restart::Mode::Force;
    if (intent->contains("waitMs")) return false;
    const std::int64_t budget_ms = json::int_or(*intent, "drainBudgetMs", 0);
    const json::Value* budget = intent->if_contains("drainBudgetMs");
    return (!budget || budget->is_int64()) && budget_ms >= 0 && budget_ms <= kWaitMsMax;
  }
  if (intent->contains("drainBudgetMs")) return false;
  if (!intent->contains("waitMs")) return true;
  const std::int64_t wait_ms = json::int_or(*intent, "waitMs", -1);
  if (wait_ms < 0 || wait_ms > kWaitMsMax) return false;
  request.mode = restart::Mode::Wait;
  request.wait = Millis{wait_ms};
  return true;
}

Result<ParsedRequest> read_request(const json::Value& params) {
  ParsedRequest parsed;
  if (params.is_null()) return parsed;
  const json::Object* object = params.if_object();
  if (!object) return fail(Code::InvalidRequest, "invalid gateway.restart.request params");
  parsed.request.requester.reason =
      cut_utf16(trimmed(json::text_or(*object, "reason")), limits::kRestartReasonUnitsMax);
  parsed.request.requester.session_key = trimmed(json::text_or(*object, "sessionKey"));
  parsed.request.skip_deferral = json::bool_or(*object, "skipDeferral", false);

  const json::Value* target = object->if_contains("target");
  if (!target) return parsed;
  parsed.target = read_target(*target);
  if (!parsed.target) return fail(Code::InvalidRequest, "invalid targeted gateway restart");
  const json::Value* safe = object->if_contains("safe");
  if (safe && !safe->is_bool()) return fail(Code::InvalidRequest, "invalid safe targeted restart mode");
  const json::Value* intent = object->if_contains("restartIntent");
  parsed.is_safe_target = safe && safe->get_bool();
  if (parsed.is_safe_target) {
    if (intent) return fail(Code::InvalidRequest, "safe targeted restart does not accept intent");
    return parsed;
  }
  if (!read_intent(intent, parsed.request)) {
    return fail(Code::InvalidRequest, "invalid targeted gateway restart intent");
  }
  return parsed;
}

bool owns_lock(const Services& services, const Target& target) {
  const bool is_ours =
      target.owner_id == services.facts.owner_id || target.owner_id == services.facts.generation_owner_id;
  return is_ours && target.pid == services.supervisor.pid() && target.port == services.facts.port;
}

json::Object safe_answer(const Services& services, const engine::RestartAnswer& answer,
                         const std::string& reason, bool skips, std::string_view signal) {
  const std::string_view status = answer.is_coalesced                   ? "coalesced"
                                  : skips || answer.preflight.is_safe() ? "scheduled"
                                                                        : "deferred";
  return {{"ok", true},
          {"status", status},
          {"preflight", to_json(answer.preflight)},
          {"restart",
           {{"ok", true},
            {"pid", services.supervisor.pid()},
            {"signal", signal},
            {"delayMs", answer.delay.count()},
            {"reason", reason},
            {"mode", "emit"},
            {"coalesced", answer.is_coalesced},
            {"cooldownMsApplied", answer.cooldown_applied.count()},
            {"emitHooksQueued", false},
            {"id", answer.id}}}};
}

}  // namespace

void request_restart(Services& services, Call call) {
  auto parsed = read_request(call.params);
  if (!parsed) return call.respond.error(parsed.error());
  const bool is_emitted = parsed->target && !parsed->is_safe_target;
  if (is_emitted && !owns_lock(services, *parsed->target)) {
    return call.respond.refuse("target gateway no longer owns the active lock");
  }
  engine::RestartRequest request = std::move(parsed->request);
  auto session = session::full_key(request.requester.session_key, services.config.default_agent);
  request.requester.session_key = session ? *std::move(session) : std::string();
  request.requester.client = call.client->client_id;
  request.requester.device = call.client->device_id;
  request.requester.address = call.client->address;
  if (request.requester.reason.empty()) request.requester.reason = kDefaultReason;

  const std::string reason = request.requester.reason;
  const bool skips = request.skip_deferral;
  services.restart.request(
      std::move(request), [&services, call, reason, skips, is_emitted](Result<engine::RestartAnswer> answer) {
        if (!answer) return call.respond.error(answer.error());
        if (answer->is_coalesced) {
          services.write_limiter.refund("gateway.restart.request", *call.client, services.loop.now());
        }
        if (is_emitted) {
          return call.respond.ok({{"ok", true},
                                  {"status", answer->is_coalesced ? "coalesced" : "emitted"},
                                  {"pid", services.supervisor.pid()},
                                  {"id", answer->id}});
        }
        const std::string_view signal = call.client->protocol >= 4 ? "SIGUSR2" : "SIGUSR1";
        call.respond.ok(safe_answer(services, *answer, reason, skips, signal));
      });
}

}  // namespace gw::rpc
