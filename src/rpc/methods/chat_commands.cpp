#include "rpc/methods/chat_commands.hpp"

#include <utility>

#include "base/text.hpp"
#include "engine/run_result.hpp"

namespace gw::rpc {
namespace {

constexpr std::string_view kRestart = "/restart";
constexpr Millis kRestartDelay{2'000};  // OpenClaw's own: the reply reaches the chat before the restart.

/// Ends the job with the gateway's words as its answer.
void reply(Services& services, Admission admission, const std::string& text, Completion<Admission> done) {
  const UnixMillis at = services.loop.wall_now();
  SessionNote note = engine::note(admission.job.session_key, admission.job.run_id, text, at);
  Outcome outcome{.job = admission.job.id,
                  .owner = {},
                  .state = JobState::Done,
                  .messages = {note.message},
                  .result = {{"runId", admission.job.run_id}, {"status", "ok"}, {"summary", "completed"}},
                  .model = {},
                  .ended_at = at};
  services.store.finish(std::move(outcome),
                        [&services, admission = std::move(admission), note = std::move(note),
                         done = std::move(done)](Result<std::vector<Message>> saved) mutable {
                          if (!saved) return done(std::unexpected(std::move(saved).error()));
                          done(std::move(admission));
                          services.runs.on_note(note);
                        });
}

std::string restart_text(const Call& call, const Result<engine::RestartAnswer>& answer) {
  if (!answer) return "⚠️ The gateway cannot restart: " + answer.error().message + ".";
  const std::string_view signal = call.client->protocol >= 4 ? "SIGUSR2" : "SIGUSR1";
  std::string text = "⚙️ Restarting OpenClaw in-process (" + std::string(signal) + "); back in a few seconds.";
  if (!answer->preflight.is_safe()) {
    text += " It waits for " + std::to_string(answer->preflight.embedded_runs) + " running turn(s) first.";
  }
  return text;
}

void restart(Services& services, const Call& call, Admission admission, Completion<Admission> done) {
  if (!services.config.allow_restart) {
    return reply(services, std::move(admission), "⚠️ /restart is disabled (commands.restart=false).",
                 std::move(done));
  }
  if (!has_scope(*call.client, Scope::Admin)) {
    return reply(services, std::move(admission), "⚠️ /restart is for the owner (scope operator.admin).",
                 std::move(done));
  }
  engine::RestartRequest request;
  request.delay = kRestartDelay;
  request.requester = {.client = call.client->client_id,
                       .device = call.client->device_id,
                       .address = call.client->address,
                       .reason = std::string(kRestart),
                       .session_key = admission.job.session_key,
                       .changed_paths = {}};
  services.restart.request(
      std::move(request), [&services, call, admission = std::move(admission),
                           done = std::move(done)](Result<engine::RestartAnswer> answer) mutable {
        reply(services, std::move(admission), restart_text(call, answer), std::move(done));
      });
}

}  // namespace

bool is_chat_command(std::string_view message) { return lower_ascii(trimmed(message)) == kRestart; }

void run_chat_command(Services& services, const Call& call, NewJob job, Completion<Admission> done) {
  services.store.admit(std::move(job),
                       [&services, call, done = std::move(done)](Result<Admission> admission) mutable {
                         if (!admission || !admission->is_new) return done(std::move(admission));
                         restart(services, call, *std::move(admission), std::move(done));
                       });
}

}  // namespace gw::rpc
