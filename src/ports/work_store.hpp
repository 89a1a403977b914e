#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/callback.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "json/value.hpp"
#include "ports/model_client.hpp"

namespace gw {

/// The method that asked for the work. A run id is unique within its kind: it is the idempotency key.
enum class JobKind { Chat, Agent };

enum class JobState { Queued, Running, Done, Failed, Aborted };

inline bool is_over(JobState state) { return state != JobState::Queued && state != JobState::Running; }

/// A message to be answered, as a client sent it.
struct NewJob {
  JobKind kind = JobKind::Chat;
  std::string run_id;
  std::string session_key;
  std::string session_id;  ///< For a session that does not exist yet.
  std::string agent_id;
  std::string text;
  json::Object options;  ///< What else the run needs: `timeoutMs`, `model`, `thinking`, `task` …
  UnixMillis accepted_at;
};

/// One piece of accepted work: a message and, once it is over, its answer.
struct Job {
  JobId id;
  JobKind kind = JobKind::Chat;
  JobState state = JobState::Queued;
  std::string run_id;
  std::string session_key;
  std::string session_id;
  std::string agent_id;
  std::string text;
  json::Object options;
  int attempt = 0;  ///< How often it was begun; above 1 after a crash or a forced restart.
  UnixMillis accepted_at;
  std::optional<UnixMillis> started_at;
  std::optional<UnixMillis> ended_at;
  json::Object result;  ///< Once over: what `agent` and `agent.wait` answer.
};

struct Admission {
  bool is_new = false;  ///< False: the run id was known; `job` is what became of it.
  Job job;
};

/// One row of a transcript.
struct Message {
  std::int64_t seq = 0;  ///< From 1 in each session; given by the store.
  std::string id;
  std::string run_id;
  json::Object body;  ///< `role`, `content`, `timestamp` and what belongs to the role.
};

/// A job that has just become running, with what its prompt is made of.
struct Begun {
  Job job;
  std::vector<Message>
      transcript;  ///< The newest `limits::kPromptMessagesMax`, oldest first, the user's own last.
};

/// Something outside the database that a run is about to do. Recorded before it is done, so that what was
/// attempted and has no outcome is known after a crash.
struct Step {
  JobId job;
  int number = 0;  ///< From 1 in each attempt.
  int attempt = 0;
  std::string kind;    ///< `model_call` or `tool_call`.
  std::string detail;  ///< Model or tool name.
};

struct Outcome {
  JobId job;
  std::string owner;  ///< The generation that says so; refused when it is not the job's.
  JobState state = JobState::Done;
  std::vector<Message> messages;  ///< Appended to the transcript in the same transaction; `seq` is ignored.
  json::Object result;
  std::string model;          ///< `provider/model` that answered, kept on the session.
  bool is_timed_out = false;  ///< Aborted by its own time limit, not by a person.
  UnixMillis ended_at;
  std::int64_t calls = 0;  ///< Model calls of the last attempt that were answered,
  ModelUsage usage;        ///< and what they used.
};

struct Session {
  std::string key;
  std::string id;
  std::string agent_id;
  std::string label;
  std::string model;
  UnixMillis created_at;
  UnixMillis updated_at;
  std::int64_t message_count = 0;
  std::string last_state;  ///< `running`, `done`, `failed`, `killed` or empty.
};

struct History {
  std::optional<Session> session;  ///< Nothing: the session does not exist.
  std::vector<Message> messages;   ///< Oldest first.
  std::int64_t total = 0;
  std::vector<Job> queued;  ///< Accepted, not begun, oldest first.
};

struct SessionPage {
  std::vector<Session> sessions;  ///< Latest first.
  std::int64_t total = 0;
};

/// Accepted work, transcripts and sessions. Every write is committed (and synced) when its completion is
/// called with a value. Fails with `Code::Storage` when the database does; nothing of the operation has then
/// happened. Call on the control thread; completions arrive there.
class WorkStore {
 public:
  virtual ~WorkStore() = default;

  /// Creates the session if needed and the job, or finds the job of that kind and run id.
  /// `Code::Unavailable` when limits::kQueuedJobsMax or kQueuedJobsPerSessionMax is reached.
  virtual void admit(NewJob job, Completion<Admission> done) = 0;

  /// For a generation that begins to serve: makes every running job of another owner queued again and marks
  /// its attempted steps `interrupted`. Tasks follow their jobs; what has no job to go on with is lost.
  /// Returns all queued jobs, oldest first, without their texts.
  virtual void take_over(std::string owner, Completion<std::vector<Job>> done) = 0;

  /// Makes a queued job running under `owner`, counts the attempt and, the first time, appends the user's
  /// message. Records `step` as attempted. `Code::Conflict` when the job is not queued any more.
  virtual void begin(JobId job, std::string owner, Step step, UnixMillis at, Completion<Begun> done) = 0;

  /// Records the outcome of `finished` (`done` or `failed`) and the attempt of `next`, appending `messages`.
  virtual void step(std::optional<Step> finished, std::string outcome, std::optional<Step> next,
                    std::vector<Message> messages, Completion<void> done) = 0;

  /// Ends a queued or running job; one that is `Done` without having begun has its own message appended
  /// first. `Code::Conflict` when it is over already or owned by another generation.
  virtual void finish(Outcome outcome, Completion<std::vector<Message>> done) = 0;

  virtual void find_job(JobKind kind, std::string run_id, Completion<std::optional<Job>> done) = 0;
  /// Either kind, for `agent.wait`.
  virtual void find_run(std::string run_id, Completion<std::optional<Job>> done) = 0;
  /// The newest `limit` messages with seq < `before_seq` (0: no bound).
  virtual void history(std::string session_key, std::int64_t before_seq, std::size_t limit,
                       Completion<History> done) = 0;
  virtual void sessions(std::size_t limit, std::size_t offset, std::string search,
                        Completion<SessionPage> done) = 0;

  /// How long the newest `limit` runs took that are over, the latest first; those that never began are left
  /// out.
  virtual void durations(std::size_t limit, Completion<std::vector<Millis>> done) = 0;

  /// Deletes jobs and tasks that ended before `before`, at most a few hundred a call; true when there are
  /// more.
  virtual void prune(UnixMillis before, Completion<bool> done) = 0;
};

}  // namespace gw
