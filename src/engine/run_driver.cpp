#include "engine/run_driver.hpp"

#include <algorithm>
#include <utility>

#include "engine/prompt.hpp"

namespace gw::engine {
namespace {

RunInfo info_of(const Begun& begun, const Step& first_step) {
  const std::string& name = first_step.detail;
  const std::size_t slash = name.find('/');
  const Job& job = begun.job;
  return {.job = job.id,
          .kind = job.kind,
          .run_id = job.run_id,
          .session_key = job.session_key,
          .session_id = job.session_id,
          .agent_id = job.agent_id,
          .provider = name.substr(0, slash),
          .model = slash == std::string::npos ? std::string() : name.substr(slash + 1),
          .attempt = job.attempt,
          .started_at = job.started_at.value_or(job.accepted_at)};
}

std::string no_such_tool(const ToolCall& call) {
  return "The tool `" + call.name + "` is not available: this gateway offers no tools. Answer without it.";
}

}  // namespace

RunDriver::RunDriver(RunContext& context, std::shared_ptr<ModelClient> models, Begun begun, Step first_step,
                     run::Limits limits, OnOver on_over)
    : context_(context),
      models_(std::move(models)),
      info_(info_of(begun, first_step)),
      machine_(limits),
      step_(std::move(first_step)),
      prompt_(prompt_of(begun.transcript)),
      on_over_(std::move(on_over)) {
  step_.attempt = info_.attempt;
}

RunDriver::~RunDriver() { *is_alive_ = false; }

// Wraps a completion so that it does nothing once this driver is gone.
template <typename Work>
auto RunDriver::guarded(Work work) {
  return [alive = is_alive_, work = std::move(work)](auto&&... arguments) mutable {
    if (*alive) work(std::forward<decltype(arguments)>(arguments)...);
  };
}

void RunDriver::begin() {
  context_.observer.on_begun(info_);
  step(run::Begin{});
}

void RunDriver::abort(std::string reason) {
  if (machine_.is_over()) return;
  content_.stop_reason = std::move(reason);
  step(run::AbortAsked{});
}

void RunDriver::on_text(std::string_view delta) {
  content_.text += delta;
  context_.observer.on_text(info_, content_.text, delta, false);
}

void RunDriver::on_thinking(std::string_view delta) {
  content_.thinking += delta;
  context_.observer.on_thinking(info_, content_.thinking, delta);
}

void RunDriver::on_answer(ModelAnswer answer) {
  content_.text = std::move(answer.text);
  content_.thinking = std::move(answer.thinking);
  content_.tool_calls = std::move(answer.tool_calls);
  content_.stop_reason = std::move(answer.stop_reason);
  content_.response_id = std::move(answer.response_id);
  content_.usage = answer.usage;
  used_ += answer.usage;
  ++calls_answered_;
  call_.reset();
  step(run::Answered{!content_.tool_calls.empty()});
}

void RunDriver::on_failure(ModelFailure failure) {
  call_.reset();
  content_.error = failure.message;
  content_.error_kind = failure.kind;
  content_.stop_reason = "error";
  const Instant now = context_.loop.now();
  context_.log.warn("agent", "model call failed",
                    {{"runId", info_.run_id},
                     {"model", step_.detail},
                     {"kind", failure.kind},
                     {"status", failure.http_status},
                     {"error", failure.message}});
  step(run::CallFailed{failure.is_retryable, failure.retry_after, context_.dice()});
  if (machine_.is_over()) return;
  const auto retry_at = machine_.wake_at();
  const Millis wait = retry_at ? std::chrono::duration_cast<Millis>(*retry_at - now) : Millis{0};
  context_.observer.on_retry(info_, failure, wait);
}

void RunDriver::step(const run::Event& event) {
  const std::shared_ptr<bool> alive = is_alive_;
  for (const run::Effect& effect : machine_.step(event, context_.loop.now())) {
    std::visit([&](const auto& e) { apply(e); }, effect);
    if (!*alive) return;
  }
  arm_timer();
}

void RunDriver::arm_timer() {
  timer_.reset();
  const auto wake = machine_.wake_at();
  if (!wake) return;
  const Millis delay = std::chrono::duration_cast<Millis>(*wake - context_.loop.now());
  timer_ = context_.loop.after(std::max(delay, Millis{0}), [this] { step(run::Tick{}); });
}

void RunDriver::apply(const run::CallModel& effect) {
  if (!effect.is_retry) return start_call();
  if (!content_.text.empty()) context_.observer.on_text(info_, {}, {}, true);
  content_ = {};
  record_next_step("failed", {}, [this] { start_call(); });
}

// This release offers no tools to the model: a call of one is answered with that, and recorded.
void RunDriver::apply(const run::RunTools&) {
  const UnixMillis now = context_.loop.wall_now();
  std::vector<Message> rows;
  rows.push_back(assistant_row(info_, content_, now));
  prompt_.push_back({ModelMessage::Role::Assistant, content_.text, content_.tool_calls, {}});
  for (const ToolCall& call : content_.tool_calls) {
    rows.push_back(tool_result_row(info_, call, no_such_tool(call), now));
    prompt_.push_back({ModelMessage::Role::Tool, no_such_tool(call), {}, call.id});
  }
  content_ = {};
  record_next_step("done", std::move(rows), [this] { step(run::ToolsDone{}); });
}

void RunDriver::apply(const run::DropCall&) { call_.reset(); }

void RunDriver::apply(const run::End& effect) {
  const UnixMillis now = context_.loop.wall_now();
  if (effect.ending == run::Ending::TimedOut) content_.stop_reason = "timeout";
  if (state_of(effect.ending) ==
      JobState::Aborted) {  // While it waited for a retry: that failure did not end it.
    content_.error.clear();
    content_.error_kind.clear();
  }
  if (effect.ending == run::Ending::TooManyToolRounds) {
    content_.error = "the model asked for tools again and again without an answer";
    content_.error_kind = "unknown";
  }
  RunEnd end{.ending = effect.ending,
             .text = content_.text,
             .error = content_.error,
             .error_kind = content_.error_kind,
             .stop_reason = content_.stop_reason,
             .message = std::nullopt,
             .result = result_of(info_, effect.ending, content_, now),
             .usage = content_.usage,
             .ended_at = now};
  Outcome outcome{.job = info_.job,
                  .owner = context_.owner,
                  .state = state_of(effect.ending),
                  .messages = {},
                  .result = end.result,
                  .model = step_.detail,
                  .is_timed_out = effect.ending == run::Ending::TimedOut,
                  .ended_at = now,
                  .calls = calls_answered_,
                  .usage = used_};
  outcome.messages.push_back(assistant_row(info_, content_, now));
  commit(std::move(outcome), std::move(end));
}

void RunDriver::start_call() {
  if (machine_.is_over()) return;
  call_ = models_->start({info_.provider, info_.model, prompt_}, *this);
}

// The next model call, committed before it is made. Tried again until the database takes it: without the
// record a crash could not tell that the call was attempted.
void RunDriver::record_next_step(std::string outcome, std::vector<Message> rows, Callback<> then) {
  Step next = step_;
  ++next.number;
  auto done = [this, next, outcome, rows, then = std::move(then)](Result<void> result) mutable {
    if (result) {
      step_ = std::move(next);
      if (!machine_.is_over()) then();
      return;
    }
    context_.log.error("agent", "could not record the next step",
                       {{"runId", info_.run_id}, {"error", result.error().message}});
    if (result.error().code == Code::Conflict) return on_over_(nullptr);
    store_retry_ =
        context_.loop.after(kStoreRetryWait, [this, outcome, rows, then = std::move(then)]() mutable {
          record_next_step(std::move(outcome), std::move(rows), std::move(then));
        });
  };
  context_.store.step(step_, outcome, next, rows, guarded(std::move(done)));
}

// Tried again until the database takes it: the answer is kept here meanwhile.
void RunDriver::commit(Outcome outcome, RunEnd end) {
  store_retry_.reset();  // Of a step: its failure must not come after this one's and take its place.
  Outcome copy = outcome;
  auto done = [this, outcome = std::move(outcome),
               end = std::move(end)](Result<std::vector<Message>> rows) mutable {
    if (rows) {
      if (!rows->empty()) end.message = std::move(rows->back());
      context_.observer.on_ended(info_, end);
      return on_over_(&end);
    }
    context_.log.error("agent", "could not record an answer",
                       {{"runId", info_.run_id}, {"error", rows.error().message}});
    if (rows.error().code == Code::Conflict) return on_over_(nullptr);
    store_retry_ = context_.loop.after(kStoreRetryWait,
                                       [this, outcome = std::move(outcome), end = std::move(end)]() mutable {
                                         commit(std::move(outcome), std::move(end));
                                       });
  };
  context_.store.finish(std::move(copy), guarded(std::move(done)));
}

}  // namespace gw::engine
