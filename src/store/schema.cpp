#include "store/schema.hpp"

#include <array>
#include <string>

#include "store/sqlite.hpp"

namespace gw::store {
namespace {

constexpr const char* kFirstSchema = R"(
  CREATE TABLE session (
    key            TEXT PRIMARY KEY,
    id             TEXT NOT NULL,
    agent_id       TEXT NOT NULL,
    owner          TEXT NOT NULL DEFAULT '',
    label          TEXT NOT NULL DEFAULT '',
    model          TEXT NOT NULL DEFAULT '',
    created_at_ms  INTEGER NOT NULL,
    updated_at_ms  INTEGER NOT NULL,
    message_count  INTEGER NOT NULL DEFAULT 0,
    last_state     TEXT NOT NULL DEFAULT '' CHECK (last_state IN ('', 'running', 'done', 'failed', 'killed'))
  ) STRICT;
  CREATE INDEX session_by_update ON session (updated_at_ms);

  CREATE TABLE message (
    session_key    TEXT NOT NULL REFERENCES session (key),
    seq            INTEGER NOT NULL CHECK (seq > 0),
    id             TEXT NOT NULL,
    run_id         TEXT NOT NULL,
    body           TEXT NOT NULL,
    PRIMARY KEY (session_key, seq)
  ) STRICT;

  CREATE TABLE job (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    kind           TEXT NOT NULL CHECK (kind IN ('chat', 'agent')),
    run_id         TEXT NOT NULL,
    session_key    TEXT NOT NULL REFERENCES session (key),
    agent_id       TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'aborted')),
    owner          TEXT NOT NULL DEFAULT '',
    attempt        INTEGER NOT NULL DEFAULT 0,
    text           TEXT NOT NULL,
    options        TEXT NOT NULL,
    prompt_seq     INTEGER,
    accepted_at_ms INTEGER NOT NULL,
    started_at_ms  INTEGER,
    ended_at_ms    INTEGER,
    result         TEXT,
    UNIQUE (run_id, kind),
    CHECK ((ended_at_ms IS NULL) = (state IN ('queued', 'running')))
  ) STRICT;
  -- Only jobs that are not over are in the first index, only those that are in the second.
  CREATE INDEX job_open ON job (state, session_key, id) WHERE ended_at_ms IS NULL;
  CREATE INDEX job_ended ON job (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

  CREATE TABLE step (
    job_id         INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    attempt        INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    detail         TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('attempted', 'done', 'failed', 'interrupted')),
    started_at_ms  INTEGER NOT NULL,
    ended_at_ms    INTEGER,
    outcome        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (job_id, attempt, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE restart (
    id              TEXT PRIMARY KEY,
    mode            TEXT NOT NULL,
    reason          TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    failure         TEXT NOT NULL,
    requesters      TEXT NOT NULL,
    requested_at_ms INTEGER NOT NULL,
    ended_at_ms     INTEGER,
    waited_ms       INTEGER NOT NULL,
    gap_ms          INTEGER NOT NULL,
    cut_runs        INTEGER NOT NULL,
    from_version    TEXT NOT NULL,
    to_version      TEXT NOT NULL
  ) STRICT;
  CREATE INDEX restart_by_request ON restart (requested_at_ms);

  CREATE TABLE device (
    id             TEXT NOT NULL,
    role           TEXT NOT NULL,
    public_key     TEXT NOT NULL,
    scopes         TEXT NOT NULL,
    platform       TEXT NOT NULL,
    device_family  TEXT NOT NULL,
    display_name   TEXT NOT NULL,
    token          TEXT NOT NULL,
    paired_at_ms   INTEGER NOT NULL,
    issued_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (id, role)
  ) STRICT, WITHOUT ROWID;
)";

constexpr const char* kBoots = R"(
  CREATE TABLE boot (
    id             TEXT PRIMARY KEY,
    generation     INTEGER NOT NULL,
    version        TEXT NOT NULL,
    started_at_ms  INTEGER NOT NULL,
    ended_at_ms    INTEGER,
    outcome        TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE INDEX boot_by_start ON boot (started_at_ms);
  CREATE INDEX boot_open ON boot (started_at_ms) WHERE ended_at_ms IS NULL;
)";

constexpr const char* kResumedRuns = "ALTER TABLE restart ADD COLUMN resumed_runs INTEGER NOT NULL DEFAULT 0";

// Tasks had no record of their own before; what is known of them stands in their jobs.
constexpr const char* kTasks = R"(
  CREATE TABLE task (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    runtime          TEXT NOT NULL,
    job_id           INTEGER,
    run_id           TEXT NOT NULL,
    session_key      TEXT NOT NULL,
    owner_key        TEXT NOT NULL,
    agent_id         TEXT NOT NULL,
    label            TEXT NOT NULL,
    title            TEXT NOT NULL,
    status           TEXT NOT NULL
      CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled', 'lost')),
    generation       TEXT NOT NULL DEFAULT '',
    created_at_ms    INTEGER NOT NULL,
    started_at_ms    INTEGER,
    ended_at_ms      INTEGER,
    last_event_at_ms INTEGER NOT NULL,
    summary          TEXT NOT NULL DEFAULT '',
    CHECK ((ended_at_ms IS NULL) = (status IN ('queued', 'running')))
  ) STRICT;
  -- Lists, counts, take-overs and deletions all name a status, so one index serves them.
  CREATE INDEX task_by_status ON task (status, last_event_at_ms);
  CREATE INDEX task_by_session ON task (session_key, status, last_event_at_ms);

  INSERT INTO task (id, runtime, job_id, run_id, session_key, owner_key, agent_id, label, title, status,
                    generation, created_at_ms, started_at_ms, ended_at_ms, last_event_at_ms, summary)
  SELECT json_extract(options, '$.taskId'), 'cli', id, run_id, session_key, session_key, agent_id, '',
         coalesce(json_extract(options, '$.title'), ''),
         CASE WHEN state = 'done' THEN 'succeeded'
              WHEN state <> 'aborted' THEN state
              WHEN json_extract(result, '$.stopReason') IS NULL THEN 'timed_out' ELSE 'cancelled' END,
         owner, accepted_at_ms, started_at_ms, ended_at_ms,
         coalesce(ended_at_ms, started_at_ms, accepted_at_ms), coalesce(json_extract(result, '$.summary'), '')
    FROM job
   -- A damaged row is reported when it is read; it must not keep the database closed.
   WHERE CASE WHEN json_valid(options) AND (result IS NULL OR json_valid(result))
              THEN json_extract(options, '$.taskId') END IS NOT NULL
   ORDER BY id;
)";

constexpr const char* kUsage = R"(
  CREATE TABLE usage_day (
    day            INTEGER NOT NULL,
    agent_id       TEXT NOT NULL,
    model          TEXT NOT NULL,
    calls          INTEGER NOT NULL,
    input          INTEGER NOT NULL,
    output         INTEGER NOT NULL,
    cache_read     INTEGER NOT NULL,
    cache_write    INTEGER NOT NULL,
    total          INTEGER NOT NULL,
    PRIMARY KEY (day, agent_id, model)
  ) STRICT, WITHOUT ROWID;
)";

constexpr std::array kMigrations{kFirstSchema, kBoots, kResumedRuns, kTasks, kUsage};

Status apply(Database& database, std::span<const char* const> steps, std::int64_t from) {
  for (auto number = static_cast<std::size_t>(from); number < steps.size(); ++number) {
    if (auto done = database.run(steps[number]); !done) return done;
  }
  // Pragmas take no parameters. Both values are kept in the file header and belong to the transaction.
  const auto mark = "PRAGMA application_id = " + std::to_string(kApplicationId);
  if (auto done = database.run(mark.c_str()); !done) return done;
  const auto version = "PRAGMA user_version = " + std::to_string(steps.size());
  return database.run(version.c_str());
}

}  // namespace

std::span<const char* const> migrations() { return kMigrations; }
std::int64_t schema_version() { return static_cast<std::int64_t>(kMigrations.size()); }

Result<Contents> inspect(Database& database, std::int64_t newest) {
  const auto mark = database.integer("PRAGMA application_id");
  if (!mark) return std::unexpected(mark.error());
  const auto version = database.integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());

  if (*mark == 0 && *version == 0 && *tables == 0) return Contents{.is_empty = true};
  if (*mark != kApplicationId) {
    return fail(Code::Storage, "cannot use " + database.file().string() +
                                   ": the database belongs to another program; set another state directory");
  }
  if (*version > newest) {
    return fail(Code::Storage, "cannot use " + database.file().string() + ": it has schema " +
                                   std::to_string(*version) + " and this program knows " +
                                   std::to_string(newest) + " at most; install the newer version again");
  }
  return Contents{.version = *version};
}

Result<int> migrate(Database& database, std::span<const char* const> steps) {
  const auto newest = static_cast<std::int64_t>(steps.size());
  // Read inside the transaction: nobody can migrate between the look and the leap.
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  const auto contents = inspect(database, newest);
  Status done = contents ? Status{} : std::unexpected(contents.error());
  if (contents && contents->version < newest) done = apply(database, steps, contents->version);
  if (done) done = database.run("COMMIT");
  if (!done) {
    if (database.in_transaction()) (void)database.run("ROLLBACK");  // The first error is the one to report.
    return std::unexpected(done.error());
  }
  return static_cast<int>(newest - contents->version);
}

}  // namespace gw::store
