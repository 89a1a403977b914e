#include "store/work.hpp"

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "store/tasks.hpp"

namespace gw::store {
namespace {

// One call of `prune`: short enough that writes behind it hardly notice.
constexpr std::int64_t kPruneRowsMax = 256;

std::string name_of(JobId id) { return "job " + std::to_string(id.value); }

Status check_room(Tables& tables, std::string_view session_key) {
  const auto in_session = tables.jobs.count_queued(session_key);
  if (!in_session) return std::unexpected(in_session.error());
  if (static_cast<std::size_t>(*in_session) >= limits::kQueuedJobsPerSessionMax) {
    return fail(Code::Unavailable,
                "too many messages wait in this session (" + std::to_string(*in_session) + ")");
  }
  const auto in_all = tables.jobs.count_queued();
  if (!in_all) return std::unexpected(in_all.error());
  if (static_cast<std::size_t>(*in_all) >= limits::kQueuedJobsMax) {
    return fail(Code::Unavailable, "too many messages wait (" + std::to_string(*in_all) + ")");
  }
  return {};
}

Job queued_job(JobId id, std::string session_id, const NewJob& wanted) {
  return Job{.id = id,
             .kind = wanted.kind,
             .run_id = wanted.run_id,
             .session_key = wanted.session_key,
             .session_id = std::move(session_id),
             .agent_id = wanted.agent_id,
             .text = wanted.text,
             .options = wanted.options,
             .accepted_at = wanted.accepted_at};
}

Message user_message(const Job& job) {
  Message message{.run_id = job.run_id};
  message.body = {{"role", "user"},
                  {"content", json::Array{json::Object{{"type", "text"}, {"text", job.text}}}},
                  {"timestamp", job.accepted_at.value},
                  {"idempotencyKey", job.run_id + ":user"}};
  return message;
}

Status append_all(Tables& tables, const Job& job, std::vector<Message>& messages) {
  for (auto& message : messages) {
    if (message.run_id.empty()) message.run_id = job.run_id;
    if (auto done = tables.messages.append(job.session_key, message); !done) return done;
  }
  return {};
}

/// The job when it runs in that attempt; work that was taken over may not be continued by its former owner.
Result<JobRow> running_attempt(Tables& tables, const Step& step) {
  auto row = tables.jobs.find(step.job);
  if (!row) return std::unexpected(row.error());
  if (!*row || (*row)->job.state != JobState::Running || (*row)->job.attempt != step.attempt) {
    return fail(Code::Conflict,
                name_of(step.job) + " does not run in attempt " + std::to_string(step.attempt));
  }
  return std::move(**row);
}

std::string_view step_state_of(JobState state) {
  if (state == JobState::Done) return "done";
  return state == JobState::Failed ? "failed" : "interrupted";
}

std::string session_state_of(JobState state) {
  if (state == JobState::Done) return "done";
  return state == JobState::Failed ? "failed" : "killed";
}

}  // namespace

Result<Admission> admit(Tables& tables, const NewJob& wanted) {
  auto known = tables.jobs.find(wanted.kind, wanted.run_id);
  if (!known) return std::unexpected(known.error());
  if (*known) return Admission{.is_new = false, .job = std::move((*known)->job)};

  // The text becomes a message later, when a refusal could only be a dead end.
  if (!is_valid_utf8(wanted.text) || !is_valid_utf8(wanted.run_id)) {
    return fail(Code::InvalidRequest, "the message is not valid UTF-8");
  }
  if (auto room = check_room(tables, wanted.session_key); !room) return std::unexpected(room.error());
  auto session_id = tables.sessions.touch(wanted);
  if (!session_id) return std::unexpected(session_id.error());
  const auto id = tables.jobs.insert(wanted);
  if (!id) return std::unexpected(id.error());
  if (auto done = create_task(tables, *id, wanted); !done) return std::unexpected(done.error());
  return Admission{.is_new = true, .job = queued_job(*id, std::move(*session_id), wanted)};
}

Result<std::vector<Job>> take_over(Tables& tables, std::string_view owner, UnixMillis at) {
  if (auto done = tables.steps.interrupt_others(owner, at); !done) return std::unexpected(done.error());
  if (auto done = tables.jobs.requeue_others(owner); !done) return std::unexpected(done.error());
  if (auto done = settle_tasks(tables, owner, at); !done) return std::unexpected(done.error());
  return tables.jobs.queued();
}

Result<Begun> begin(Tables& tables, JobId id, std::string_view owner, const Step& step, UnixMillis at) {
  auto found = tables.jobs.find(id);
  if (!found) return std::unexpected(found.error());
  if (!*found || (*found)->job.state != JobState::Queued) {
    return fail(Code::Conflict, name_of(id) + " is not queued any more");
  }
  JobRow& row = **found;
  row.owner = owner;
  row.job.state = JobState::Running;
  row.job.attempt += 1;
  row.job.started_at = at;

  const bool is_first = row.prompt_seq == 0;
  if (is_first) {
    auto message = user_message(row.job);
    if (auto done = tables.messages.append(row.job.session_key, message); !done) {
      return std::unexpected(done.error());
    }
    row.prompt_seq = message.seq;
  }
  if (auto done = tables.jobs.set_running(row); !done) return std::unexpected(done.error());
  Step attempted = step;
  attempted.job = id;
  attempted.attempt = row.job.attempt;
  if (auto done = tables.steps.attempt(attempted, at); !done) return std::unexpected(done.error());
  if (auto done = begin_task(tables, row, at); !done) return std::unexpected(done.error());
  const SessionChange change{
      .appended = is_first ? 1 : 0, .at = at, .last_state = "running", .owner = std::string(owner)};
  if (auto done = tables.sessions.change(row.job.session_key, change); !done)
    return std::unexpected(done.error());

  // What an earlier attempt appended after the user's message is not part of this one's prompt.
  auto transcript =
      tables.messages.newest(row.job.session_key, row.prompt_seq + 1, limits::kPromptMessagesMax);
  if (!transcript) return std::unexpected(transcript.error());
  return Begun{.job = std::move(row.job), .transcript = std::move(*transcript)};
}

Status record_step(Tables& tables, StepChange& change) {
  const Step* named = change.finished ? &*change.finished : change.next ? &*change.next : nullptr;
  if (!named) return fail(Code::InvalidRequest, "a step of some job must end or begin");
  const auto row = running_attempt(tables, *named);
  if (!row) return std::unexpected(row.error());
  const Job& job = row->job;

  if (change.finished) {
    const std::string_view state = change.outcome == "done" ? "done" : "failed";
    if (auto done = tables.steps.end(*change.finished, state, change.outcome, change.at); !done) return done;
  }
  if (change.next) {
    Step next = *change.next;
    next.job = job.id;
    next.attempt = job.attempt;
    if (auto done = tables.steps.attempt(next, change.at); !done) return done;
  }
  if (auto done = append_all(tables, job, change.messages); !done) return done;
  const auto appended = static_cast<std::int64_t>(change.messages.size());
  return tables.sessions.change(job.session_key, {.appended = appended, .at = change.at});
}

Result<std::vector<Message>> finish(Tables& tables, Outcome& outcome) {
  GW_CHECK(is_over(outcome.state));
  auto found = tables.jobs.find(outcome.job);
  if (!found) return std::unexpected(found.error());
  if (!*found || is_over((*found)->job.state)) return fail(Code::Conflict, name_of(outcome.job) + " is over");
  JobRow& row = **found;
  if (row.job.state == JobState::Running && row.owner != outcome.owner) {
    return fail(Code::Conflict, name_of(outcome.job) + " belongs to another generation");
  }
  const JobState before = row.job.state;
  row.owner = outcome.owner;
  row.job.state = outcome.state;
  row.job.ended_at = outcome.ended_at;
  row.job.result = std::move(outcome.result);
  if (auto done = tables.jobs.set_over(row, before); !done) return std::unexpected(done.error());
  if (auto done = tables.steps.end_open(row.job.id, step_state_of(outcome.state), outcome.ended_at); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = end_task(tables, row, outcome); !done) return std::unexpected(done.error());
  if (outcome.calls > 0) {
    const auto added =
        tables.usage.add(outcome.ended_at, row.job.agent_id, outcome.model, outcome.calls, outcome.usage);
    if (!added) return std::unexpected(added.error());
  }
  // Answered without having begun: a command to the gateway. Its own message stands before the answer.
  if (before == JobState::Queued && outcome.state == JobState::Done) {
    outcome.messages.insert(outcome.messages.begin(), user_message(row.job));
  }
  if (auto done = append_all(tables, row.job, outcome.messages); !done) return std::unexpected(done.error());

  // A queued message that ends says nothing about the one that its session is working on.
  const auto busy = tables.jobs.is_running_in(row.job.session_key);
  if (!busy) return std::unexpected(busy.error());
  SessionChange change{.appended = static_cast<std::int64_t>(outcome.messages.size()),
                       .at = outcome.ended_at};
  if (!*busy) change.last_state = session_state_of(outcome.state);
  if (!outcome.model.empty()) change.model = outcome.model;
  if (auto done = tables.sessions.change(row.job.session_key, change); !done)
    return std::unexpected(done.error());
  return std::move(outcome.messages);
}

Status finish_restart(Tables& tables, const RestartRecord& record, std::vector<SessionNote>& notes) {
  if (auto saved = tables.restarts.save(record); !saved) return saved;
  for (SessionNote& note : notes) {
    const auto session = tables.sessions.find(note.session_key);
    if (!session) return std::unexpected(session.error());
    if (!*session) continue;
    if (auto done = tables.messages.append(note.session_key, note.message); !done) return done;
    const SessionChange change{.appended = 1, .at = note.at};
    if (auto done = tables.sessions.change(note.session_key, change); !done) return done;
  }
  return {};
}

Result<bool> prune(Tables& tables, UnixMillis before) {
  const auto more_jobs = tables.jobs.delete_ended(before, kPruneRowsMax);
  if (!more_jobs) return more_jobs;
  const auto more_tasks = tables.tasks.delete_ended(before, kPruneRowsMax);
  if (!more_tasks) return more_tasks;
  return *more_jobs || *more_tasks;
}

Result<std::optional<Job>> find_job(Tables& tables, JobKind kind, std::string_view run_id) {
  auto row = tables.jobs.find(kind, run_id);
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return std::move((*row)->job);
}

Result<std::optional<Job>> find_run(Tables& tables, std::string_view run_id) {
  auto row = tables.jobs.find_run(run_id);
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return std::move((*row)->job);
}

Result<History> history(Tables& tables, std::string_view session_key, std::int64_t before_seq,
                        std::size_t limit) {
  auto session = tables.sessions.find(session_key);
  if (!session) return std::unexpected(session.error());
  if (!*session) return History{};
  auto messages = tables.messages.newest(session_key, before_seq, limit);
  if (!messages) return std::unexpected(messages.error());
  auto queued = tables.jobs.queued_in(session_key);
  if (!queued) return std::unexpected(queued.error());
  const auto total = (*session)->message_count;
  return History{.session = std::move(*session),
                 .messages = std::move(*messages),
                 .total = total,
                 .queued = std::move(*queued)};
}

}  // namespace gw::store
