#include "support/memory_work_store.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/limits.hpp"

namespace gw::test {

MemoryDisk::StoredJob* MemoryDisk::find(JobId id) {
  const auto found = jobs.find(id.value);
  return found == jobs.end() ? nullptr : &found->second;
}

MemoryDisk::StoredJob* MemoryDisk::find(JobKind kind, const std::string& run_id) {
  for (auto& [id, stored] : jobs) {
    if (stored.job.kind == kind && stored.job.run_id == run_id) return &stored;
  }
  return nullptr;
}

std::vector<Message> MemoryDisk::rows_of(const std::string& run_id) const {
  std::vector<Message> rows;
  for (const auto& [key, session] : sessions) {
    for (const Message& row : session.messages) {
      if (row.run_id == run_id) rows.push_back(row);
    }
  }
  return rows;
}

void MemoryWorkStore::hold(bool on) {
  is_held_ = on;
  if (on) return;
  for (auto& operation : std::exchange(held_, {})) loop_.post(std::move(operation));
}

template <typename T, typename Work>
void MemoryWorkStore::run(StoreCall call, Work work, Completion<T> done) {
  auto operation = [this, alive = is_alive_, call, work = std::move(work), done = std::move(done)]() mutable {
    if (!*alive) return;
    Result<T> result;
    if (auto failure = failure_of(call)) {
      result = std::unexpected(*std::move(failure));
    } else {
      result = work();
    }
    loop_.post([alive, done = std::move(done), result = std::move(result)]() mutable {
      if (*alive) done(std::move(result));
    });
  };
  if (is_held_) {
    held_.emplace_back(std::move(operation));
  } else {
    loop_.post(std::move(operation));
  }
}

std::optional<Error> MemoryWorkStore::failure_of(StoreCall call) {
  const auto found = failing_.find(call);
  if (found == failing_.end() || found->second.left == 0) return std::nullopt;
  --found->second.left;
  return Error{found->second.code, "told to fail"};
}

void MemoryWorkStore::admit(NewJob job, Completion<Admission> done) {
  run<Admission>(StoreCall::Admit, [this, job = std::move(job)] { return do_admit(job); }, std::move(done));
}

Result<Admission> MemoryWorkStore::do_admit(const NewJob& wanted) {
  if (const auto* known = disk_->find(wanted.kind, wanted.run_id)) return Admission{false, known->job};
  std::size_t queued = 0;
  std::size_t queued_here = 0;
  for (const auto& [id, stored] : disk_->jobs) {
    if (stored.job.state != JobState::Queued) continue;
    ++queued;
    if (stored.job.session_key == wanted.session_key) ++queued_here;
  }
  if (queued >= limits::kQueuedJobsMax || queued_here >= limits::kQueuedJobsPerSessionMax) {
    return fail(Code::Unavailable, "too many messages wait");
  }
  auto& session = disk_->sessions[wanted.session_key].session;
  if (session.key.empty()) {
    session.key = wanted.session_key;
    session.id = wanted.session_id;
    session.agent_id = wanted.agent_id;
    session.created_at = wanted.accepted_at;
  }
  session.updated_at = wanted.accepted_at;
  const JobId id{static_cast<std::int64_t>(disk_->jobs.size()) + 1};
  const Job job{.id = id,
                .kind = wanted.kind,
                .run_id = wanted.run_id,
                .session_key = wanted.session_key,
                .session_id = session.id,
                .agent_id = wanted.agent_id,
                .text = wanted.text,
                .options = wanted.options,
                .accepted_at = wanted.accepted_at};
  disk_->jobs[id.value].job = job;
  return Admission{true, job};
}

void MemoryWorkStore::take_over(std::string owner, Completion<std::vector<Job>> done) {
  auto work = [this, owner = std::move(owner)]() -> Result<std::vector<Job>> {
    std::vector<Job> queued;
    for (auto& [id, stored] : disk_->jobs) {
      if (stored.job.state == JobState::Running && stored.owner != owner) {
        stored.job.state = JobState::Queued;
        end_steps(stored.job.id, "interrupted");
      }
      if (stored.job.state != JobState::Queued) continue;
      queued.push_back(stored.job);
      queued.back().text.clear();
    }
    return queued;
  };
  run<std::vector<Job>>(StoreCall::TakeOver, std::move(work), std::move(done));
}

void MemoryWorkStore::begin(JobId job, std::string owner, Step step, UnixMillis at, Completion<Begun> done) {
  auto work = [this, job, owner = std::move(owner), step = std::move(step), at] {
    return do_begin(job, owner, step, at);
  };
  run<Begun>(StoreCall::Begin, std::move(work), std::move(done));
}

Result<Begun> MemoryWorkStore::do_begin(JobId id, const std::string& owner, Step step, UnixMillis at) {
  auto* stored = disk_->find(id);
  if (!stored || stored->job.state != JobState::Queued) return fail(Code::Conflict, "not queued any more");
  Job& job = stored->job;
  job.state = JobState::Running;
  job.attempt += 1;
  job.started_at = at;
  stored->owner = owner;
  if (stored->prompt_seq == 0) {
    Message own{.run_id = job.run_id};
    own.body = {{"role", "user"},
                {"content", json::Array{json::Object{{"type", "text"}, {"text", job.text}}}},
                {"timestamp", job.accepted_at.value}};
    append(job, own);
    stored->prompt_seq = own.seq;
  }
  step.job = id;
  step.attempt = job.attempt;
  disk_->steps.push_back({std::move(step), "attempted"});
  auto& session = disk_->sessions.at(job.session_key);
  session.session.last_state = "running";
  Begun begun{job, {}};
  for (const Message& row : session.messages) {
    if (row.seq <= stored->prompt_seq) begun.transcript.push_back(row);
  }
  if (begun.transcript.size() > limits::kPromptMessagesMax) {
    begun.transcript.erase(begun.transcript.begin(),
                           begun.transcript.end() - static_cast<std::ptrdiff_t>(limits::kPromptMessagesMax));
  }
  return begun;
}

void MemoryWorkStore::step(std::optional<Step> finished, std::string outcome, std::optional<Step> next,
                           std::vector<Message> messages, Completion<void> done) {
  auto work = [this, finished = std::move(finished), outcome = std::move(outcome), next = std::move(next),
               messages = std::move(messages)] { return do_step(finished, outcome, next, messages); };
  run<void>(StoreCall::Step, std::move(work), std::move(done));
}

Result<void> MemoryWorkStore::do_step(const std::optional<Step>& finished, const std::string& outcome,
                                      const std::optional<Step>& next, const std::vector<Message>& messages) {
  const Step& named = finished ? *finished : *next;
  auto* stored = disk_->find(named.job);
  if (!stored || stored->job.state != JobState::Running || stored->job.attempt != named.attempt) {
    return fail(Code::Conflict, "does not run in this attempt");
  }
  if (finished) {
    for (auto& [step, state] : disk_->steps) {
      if (step.job == finished->job && step.attempt == finished->attempt && step.number == finished->number) {
        state = outcome;
      }
    }
  }
  if (next) disk_->steps.push_back({*next, "attempted"});
  for (Message row : messages) append(stored->job, row);
  return {};
}

void MemoryWorkStore::finish(Outcome outcome, Completion<std::vector<Message>> done) {
  run<std::vector<Message>>(
      StoreCall::Finish, [this, outcome = std::move(outcome)]() mutable { return do_finish(outcome); },
      std::move(done));
}

Result<std::vector<Message>> MemoryWorkStore::do_finish(Outcome& outcome) {
  auto* stored = disk_->find(outcome.job);
  if (!stored || is_over(stored->job.state)) return fail(Code::Conflict, "over already");
  if (stored->job.state == JobState::Running && stored->owner != outcome.owner) {
    return fail(Code::Conflict, "belongs to another generation");
  }
  Job& job = stored->job;
  job.state = outcome.state;
  job.ended_at = outcome.ended_at;
  job.result = std::move(outcome.result);
  disk_->calls_used += outcome.calls;
  disk_->used += outcome.usage;
  ++stored->times_ended;
  end_steps(job.id, job.state == JobState::Done ? "done" : "failed");
  for (Message& row : outcome.messages) append(job, row);
  Session& session = disk_->sessions.at(job.session_key).session;
  session.updated_at = outcome.ended_at;
  session.last_state = job.state == JobState::Done     ? "done"
                       : job.state == JobState::Failed ? "failed"
                                                       : "killed";
  if (!outcome.model.empty()) session.model = outcome.model;
  return std::move(outcome.messages);
}

void MemoryWorkStore::append(const Job& job, Message& message) {
  auto& session = disk_->sessions.at(job.session_key);
  message.seq = static_cast<std::int64_t>(session.messages.size()) + 1;
  message.run_id = job.run_id;
  session.messages.push_back(message);
  session.session.message_count = message.seq;
}

void MemoryWorkStore::end_steps(JobId job, const std::string& state) {
  for (auto& stored : disk_->steps) {
    if (stored.step.job == job && stored.state == "attempted") stored.state = state;
  }
}

void MemoryWorkStore::find_job(JobKind kind, std::string run_id, Completion<std::optional<Job>> done) {
  auto work = [this, kind, run_id = std::move(run_id)]() -> Result<std::optional<Job>> {
    const auto* stored = disk_->find(kind, run_id);
    return stored ? std::optional(stored->job) : std::nullopt;
  };
  run<std::optional<Job>>(StoreCall::Read, std::move(work), std::move(done));
}

void MemoryWorkStore::find_run(std::string run_id, Completion<std::optional<Job>> done) {
  auto work = [this, run_id = std::move(run_id)]() -> Result<std::optional<Job>> {
    for (const JobKind kind : {JobKind::Agent, JobKind::Chat}) {
      if (const auto* stored = disk_->find(kind, run_id)) return stored->job;
    }
    return std::nullopt;
  };
  run<std::optional<Job>>(StoreCall::Read, std::move(work), std::move(done));
}

void MemoryWorkStore::history(std::string session_key, std::int64_t before_seq, std::size_t limit,
                              Completion<History> done) {
  auto work = [this, session_key = std::move(session_key), before_seq, limit]() -> Result<History> {
    History history;
    const auto found = disk_->sessions.find(session_key);
    if (found == disk_->sessions.end()) return history;
    history.session = found->second.session;
    history.total = history.session->message_count;
    for (const Message& row : found->second.messages | std::views::reverse) {
      if (history.messages.size() == limit) break;
      if (before_seq == 0 || row.seq < before_seq) history.messages.insert(history.messages.begin(), row);
    }
    for (const auto& [id, stored] : disk_->jobs) {
      const bool is_here = stored.job.session_key == session_key;
      if (is_here && stored.job.state == JobState::Queued) history.queued.push_back(stored.job);
    }
    return history;
  };
  run<History>(StoreCall::Read, std::move(work), std::move(done));
}

void MemoryWorkStore::sessions(std::size_t limit, std::size_t offset, std::string search,
                               Completion<SessionPage> done) {
  auto work = [this, limit, offset, search = std::move(search)]() -> Result<SessionPage> {
    std::vector<Session> matching;
    for (const auto& [key, stored] : disk_->sessions) {
      if (key.contains(search) || stored.session.label.contains(search)) matching.push_back(stored.session);
    }
    std::ranges::sort(matching, std::greater{},
                      [](const Session& session) { return std::pair(session.updated_at, session.key); });
    SessionPage page;
    page.total = static_cast<std::int64_t>(matching.size());
    for (std::size_t i = offset; i < matching.size() && page.sessions.size() < limit; ++i) {
      page.sessions.push_back(matching[i]);
    }
    return page;
  };
  run<SessionPage>(StoreCall::Read, std::move(work), std::move(done));
}

// The ids of deleted jobs are given again here; no test of the engine deletes and then admits.
void MemoryWorkStore::durations(std::size_t limit, Completion<std::vector<Millis>> done) {
  auto work = [this, limit]() -> Result<std::vector<Millis>> {
    std::vector<std::pair<UnixMillis, Millis>> ended;
    for (const auto& [id, stored] : disk_->jobs) {
      const Job& job = stored.job;
      if (!job.ended_at || !job.started_at) continue;
      ended.emplace_back(*job.ended_at, Millis{job.ended_at->value - job.started_at->value});
    }
    std::ranges::sort(ended, std::greater{}, &std::pair<UnixMillis, Millis>::first);
    if (ended.size() > limit) ended.resize(limit);
    std::vector<Millis> durations;
    for (const auto& [at, duration] : ended) durations.push_back(duration);
    return durations;
  };
  run<std::vector<Millis>>(StoreCall::Durations, std::move(work), std::move(done));
}

void MemoryWorkStore::prune(UnixMillis before, Completion<bool> done) {
  auto work = [this, before]() -> Result<bool> {
    std::erase_if(disk_->jobs,
                  [&](const auto& entry) { return entry.second.job.ended_at.value_or(before) < before; });
    return false;
  };
  run<bool>(StoreCall::Prune, std::move(work), std::move(done));
}

}  // namespace gw::test
