#include "store/sqlite_store.hpp"

#include <limits>

#include "store/reader.hpp"
#include "store/tasks.hpp"
#include "store/work.hpp"
#include "store/worker.hpp"
#include "store/writer.hpp"

namespace gw {
namespace {

using store::Tables;

// One sync for so many writes at most; a group of them takes some milliseconds.
constexpr std::size_t kGroupWritesMax = 256;
constexpr std::size_t kReadBatchMax = 16;
// New work is refused first. The rest of the room is for work that was accepted before and must get on.
constexpr std::size_t kNewWorkQueuedMax = 4'096;
constexpr std::size_t kWritesQueuedMax = 5'120;
constexpr std::size_t kReadsQueuedMax = 4'096;
// Opening and closing always find room: they are few, and without them nothing moves.
constexpr std::size_t kAlways = std::numeric_limits<std::size_t>::max();

}  // namespace

struct SqliteStore::Parts {
  Parts(std::filesystem::path f, Loop& l, Log& log)
      : file(std::move(f)), loop(l), writer(file, loop, log, counters), reader(file, loop) {}

  void control(store::WriteItem::Kind kind, Completion<void> done) {
    store::WriteItem item{.kind = kind, .write = nullptr, .done = std::move(done)};
    auto taken = writes.push(item, kAlways);
    if (taken) return;
    loop.post([done = std::move(item.done), taken = std::move(taken)]() mutable { done(std::move(taken)); });
  }

  const std::filesystem::path file;
  Loop& loop;
  store::Counters counters;
  std::int64_t refused = 0;
  bool takes_writes = false;
  std::string closed = "the database is not open for writing";  // Why `takes_writes` is false.

  store::Writer writer;
  store::Reader reader;
  // Last, so that the threads end before what they use.
  store::Worker<store::WriteItem> writes{kGroupWritesMax, [this](auto& batch) { writer.handle(batch); }};
  store::Worker<std::unique_ptr<store::Operation>> reads{kReadBatchMax,
                                                         [this](auto& batch) { reader.handle(batch); }};
};

namespace {

/// Answers later, as every completion is.
void post_failure(Loop& loop, std::unique_ptr<store::Operation> operation, const Error& error) {
  operation->fail(error);
  loop.post([operation = std::move(operation)] { operation->answer(); });
}

}  // namespace

SqliteStore::SqliteStore(std::filesystem::path file, Loop& loop, Log& log)
    : parts_(std::make_unique<Parts>(std::move(file), loop, log)) {}

SqliteStore::~SqliteStore() = default;

Status SqliteStore::check() { return store::check_file(parts_->file); }

void SqliteStore::open_writer(Completion<void> done) {
  parts_->takes_writes = true;
  parts_->control(store::WriteItem::Kind::Open, std::move(done));
}

void SqliteStore::close_writer(Completion<void> done) {
  parts_->takes_writes = false;
  parts_->closed = "the gateway is handing over to its successor; try again in a moment";
  parts_->control(store::WriteItem::Kind::Close, std::move(done));
}

StoreStats SqliteStore::stats() const {
  const auto& counters = parts_->counters;
  return {.writes = counters.writes,
          .groups = counters.groups,
          .groups_failed = counters.groups_failed,
          .refused = parts_->refused,
          .checkpoints = counters.checkpoints,
          .checkpoints_failed = counters.checkpoints_failed};
}

template <typename T, typename Work>
void SqliteStore::read(Work work, Completion<T> done) {
  auto operation = store::make_operation<T>(std::move(work), std::move(done));
  if (auto taken = parts_->reads.push(operation, kReadsQueuedMax); !taken) {
    ++parts_->refused;
    post_failure(parts_->loop, std::move(operation), taken.error());
  }
}

template <typename T, typename Work>
void SqliteStore::write(std::size_t queued_max, Work work, Completion<T> done) {
  store::WriteItem item{.write = store::make_operation<T>(std::move(work), std::move(done)), .done = {}};
  if (!parts_->takes_writes) {
    return post_failure(parts_->loop, std::move(item.write), Error{Code::Unavailable, parts_->closed});
  }
  if (auto taken = parts_->writes.push(item, queued_max); !taken) {
    ++parts_->refused;
    post_failure(parts_->loop, std::move(item.write), taken.error());
  }
}

void SqliteStore::admit(NewJob job, Completion<Admission> done) {
  write<Admission>(
      kNewWorkQueuedMax, [job = std::move(job)](Tables& t) { return store::admit(t, job); }, std::move(done));
}

void SqliteStore::take_over(std::string owner, Completion<std::vector<Job>> done) {
  const auto at = parts_->loop.wall_now();
  write<std::vector<Job>>(
      kWritesQueuedMax, [owner = std::move(owner), at](Tables& t) { return store::take_over(t, owner, at); },
      std::move(done));
}

void SqliteStore::begin(JobId job, std::string owner, Step step, UnixMillis at, Completion<Begun> done) {
  write<Begun>(
      kWritesQueuedMax,
      [job, owner = std::move(owner), step = std::move(step), at](Tables& t) {
        return store::begin(t, job, owner, step, at);
      },
      std::move(done));
}

void SqliteStore::step(std::optional<Step> finished, std::string outcome, std::optional<Step> next,
                       std::vector<Message> messages, Completion<void> done) {
  store::StepChange change{.finished = std::move(finished),
                           .outcome = std::move(outcome),
                           .next = std::move(next),
                           .messages = std::move(messages),
                           .at = parts_->loop.wall_now()};
  write<void>(
      kWritesQueuedMax,
      [change = std::move(change)](Tables& t) mutable { return store::record_step(t, change); },
      std::move(done));
}

void SqliteStore::finish(Outcome outcome, Completion<std::vector<Message>> done) {
  write<std::vector<Message>>(
      kWritesQueuedMax,
      [outcome = std::move(outcome)](Tables& t) mutable { return store::finish(t, outcome); },
      std::move(done));
}

void SqliteStore::find_job(JobKind kind, std::string run_id, Completion<std::optional<Job>> done) {
  read<std::optional<Job>>(
      [kind, run_id = std::move(run_id)](Tables& t) { return store::find_job(t, kind, run_id); },
      std::move(done));
}

void SqliteStore::find_run(std::string run_id, Completion<std::optional<Job>> done) {
  read<std::optional<Job>>([run_id = std::move(run_id)](Tables& t) { return store::find_run(t, run_id); },
                           std::move(done));
}

void SqliteStore::history(std::string session_key, std::int64_t before_seq, std::size_t limit,
                          Completion<History> done) {
  read<History>([key = std::move(session_key), before_seq,
                 limit](Tables& t) { return store::history(t, key, before_seq, limit); },
                std::move(done));
}

void SqliteStore::sessions(std::size_t limit, std::size_t offset, std::string search,
                           Completion<SessionPage> done) {
  read<SessionPage>([limit, offset, search = std::move(search)](
                        Tables& t) { return t.sessions.page(limit, offset, search); },
                    std::move(done));
}

void SqliteStore::durations(std::size_t limit, Completion<std::vector<Millis>> done) {
  read<std::vector<Millis>>([limit](Tables& t) { return t.jobs.durations(limit); }, std::move(done));
}

void SqliteStore::prune(UnixMillis before, Completion<bool> done) {
  write<bool>(kNewWorkQueuedMax, [before](Tables& t) { return store::prune(t, before); }, std::move(done));
}

void SqliteStore::tasks(TaskQuery query, Completion<TaskPage> done) {
  read<TaskPage>([query = std::move(query)](Tables& t) { return store::list_tasks(t, query); },
                 std::move(done));
}

void SqliteStore::find_task(std::string name, Completion<std::optional<TaskRecord>> done) {
  read<std::optional<TaskRecord>>([name = std::move(name)](Tables& t) { return store::find_task(t, name); },
                                  std::move(done));
}

void SqliteStore::usage(std::int64_t first_day, std::int64_t last_day, std::string agent_id,
                        Completion<std::vector<UsageDay>> done) {
  read<std::vector<UsageDay>>([first_day, last_day, agent = std::move(agent_id)](
                                  Tables& t) { return t.usage.days(first_day, last_day, agent); },
                              std::move(done));
}

void SqliteStore::save(RestartRecord record, Completion<void> done) {
  write<void>(
      kWritesQueuedMax, [record = std::move(record)](Tables& t) { return t.restarts.save(record); },
      std::move(done));
}

void SqliteStore::finish(RestartRecord record, std::vector<SessionNote> notes, Completion<void> done) {
  write<void>(
      kWritesQueuedMax,
      [record = std::move(record), notes = std::move(notes)](Tables& t) mutable {
        return finish_restart(t, record, notes);
      },
      std::move(done));
}

void SqliteStore::recent(std::size_t limit, std::string before, Completion<std::vector<RestartRecord>> done) {
  read<std::vector<RestartRecord>>(
      [limit, before = std::move(before)](Tables& t) { return t.restarts.recent(limit, before); },
      std::move(done));
}

void SqliteStore::begin_boot(Boot boot, Completion<std::vector<UnixMillis>> done) {
  write<std::vector<UnixMillis>>(
      kWritesQueuedMax, [boot = std::move(boot)](Tables& t) { return t.boots.begin(boot); }, std::move(done));
}

void SqliteStore::end_boot(std::string id, std::string outcome, Completion<void> done) {
  const auto at = parts_->loop.wall_now();
  write<void>(
      kWritesQueuedMax,
      [id = std::move(id), outcome = std::move(outcome), at](Tables& t) {
        return t.boots.end(id, outcome, at);
      },
      std::move(done));
}

void SqliteStore::load_devices(Completion<std::vector<Device>> done) {
  read<std::vector<Device>>([](Tables& t) { return t.devices.all(); }, std::move(done));
}

void SqliteStore::save_device(Device device, Completion<void> done) {
  write<void>(
      kNewWorkQueuedMax, [device = std::move(device)](Tables& t) { return t.devices.save(device); },
      std::move(done));
}

}  // namespace gw
