#include <algorithm>
#include <array>
#include <utility>

#include "base/time.hpp"
#include "cli/commands/all.hpp"
#include "cli/connect_params.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "platform/clock.hpp"

namespace gw::cli {
namespace {

constexpr Millis kTimeout{10'000};
constexpr std::int64_t kPageRows = 500;         // The most that the gateway gives at once.
constexpr std::size_t kTasksListedMax = 5'000;  // So that a long history does not flood a terminal.

/// One connection for all calls of a command, asking for what `method` needs.
class Caller {
 public:
  static std::expected<Caller, Failure> connect(Context& cli, const Args& args, std::string_view method) {
    const auto timeout = timeout_of(args, kTimeout);
    if (!timeout) return std::unexpected(timeout.error());
    const auto target = target_of(cli, args);
    if (!target) return std::unexpected(target.error());
    const Instant deadline = platform::now() + *timeout;
    auto client = open_session(cli, *target, scopes_for(method), deadline);
    if (!client) return std::unexpected(std::move(client).error());
    return Caller(std::move(*client), deadline);
  }

  std::expected<json::Object, Failure> call(const std::string& method, const json::Object& params) {
    auto payload = client_.call(method, params, deadline_);
    if (!payload) return std::unexpected(std::move(payload).error());
    return payload->is_object() ? payload->get_object() : json::Object{};
  }

 private:
  Caller(Client client, Instant deadline) : client_(std::move(client)), deadline_(deadline) {}

  Client client_;
  Instant deadline_;
};

/// The record as it is stored: with its own word for the status, without what only lists on the wire have.
json::Object record_of(const json::Object& row) {
  json::Object record = row;
  if (const auto status = json::text_or(row, "recordStatus"); !status.empty()) record["status"] = status;
  for (const char* key : {"recordStatus", "id", "kind", "execution", "title", "updatedAt", "hasTranscript"}) {
    record.erase(key);
  }
  return record;
}

std::string time_of(const json::Object& task, std::string_view key) {
  const std::int64_t at = json::int_or(task, key, 0);
  return at > 0 ? iso8601(UnixMillis{at}) : "-";
}

std::expected<json::Array, Failure> list(Context& cli, const Args& args, bool& has_more) {
  auto caller = Caller::connect(cli, args, "tasks.list");
  if (!caller) return std::unexpected(std::move(caller).error());
  const std::string status = args.text("--status").value_or("");
  json::Object params{{"limit", kPageRows}};
  if (!status.empty()) params["status"] = status;
  if (const auto runtime = args.text("--runtime")) params["runtime"] = *runtime;
  json::Array tasks;
  for (;;) {
    const auto page = caller->call("tasks.list", params);
    if (!page) return std::unexpected(page.error());
    if (const json::Array* rows = json::array_at(*page, "tasks")) {
      for (const json::Value& row : *rows) {
        json::Object record = record_of(row.is_object() ? row.get_object() : json::Object{});
        // On the wire, lost tasks are among the failed ones.
        if (status == "failed" && json::text_or(record, "status") == "lost") continue;
        tasks.push_back(std::move(record));
      }
    }
    const std::string_view next = json::text_or(*page, "nextCursor");
    has_more = !next.empty();
    if (!has_more || tasks.size() >= kTasksListedMax) return tasks;
    params["cursor"] = next;
  }
}

int run_list(Context& cli, const Args& args) {
  bool has_more = false;
  auto tasks = again_after_hand_over([&] { return list(cli, args, has_more); });
  if (!tasks) return cli.out.problem(tasks.error());
  const auto filter = [&](std::string_view option) {
    const auto value = args.text(option);
    return value ? json::Value(*value) : json::Value(nullptr);
  };
  cli.out.document(json::Object{{"count", tasks->size()},
                                {"runtime", filter("--runtime")},
                                {"status", filter("--status")},
                                {"tasks", *tasks}});
  if (tasks->empty()) cli.out.line("No background tasks.");
  std::vector<std::vector<std::string>> rows;
  for (const json::Value& value : *tasks) {
    const json::Object& task = value.get_object();
    const std::string_view label = json::text_or(task, "label");
    rows.push_back({std::string(json::text_or(task, "taskId")), std::string(json::text_or(task, "status")),
                    std::string(json::text_or(task, "runtime")), time_of(task, "lastEventAt"),
                    printable(label.empty() ? json::text_or(task, "task") : label)});
  }
  if (!cli.out.is_json()) cli.out.raw(aligned(rows));
  if (has_more) cli.out.note("there are more; narrow the list with --status or --runtime");
  return 0;
}

void print_task(Output& out, const json::Object& task) {
  constexpr std::array<std::pair<const char*, const char*>, 10> kTexts{{{"Task", "taskId"},
                                                                        {"Status", "status"},
                                                                        {"Runtime", "runtime"},
                                                                        {"Label", "label"},
                                                                        {"Prompt", "task"},
                                                                        {"Session", "childSessionKey"},
                                                                        {"Run", "runId"},
                                                                        {"Generation", "generation"},
                                                                        {"Summary", "terminalSummary"},
                                                                        {"Error", "error"}}};
  for (const auto& [label, key] : kTexts) {
    if (const auto text = json::text_or(task, key); !text.empty()) out.row(label, printable(text));
  }
  out.row("Created", time_of(task, "createdAt"));
  out.row("Started", time_of(task, "startedAt"));
  out.row("Ended", time_of(task, "endedAt"));
}

/// The record that `name` means: a task id, a run id or a session key.
std::expected<json::Object, Failure> find(Caller& caller, const std::string& name) {
  const auto answer = caller.call("tasks.get", {{"taskId", name}});
  if (!answer) return std::unexpected(answer.error());
  const json::Object* task = json::object_at(*answer, "task");
  return record_of(task ? *task : json::Object{});
}

int run_show(Context& cli, const Args& args) {
  const auto task = again_after_hand_over([&]() -> std::expected<json::Object, Failure> {
    auto caller = Caller::connect(cli, args, "tasks.get");
    if (!caller) return std::unexpected(std::move(caller).error());
    return find(*caller, args.operands().front());
  });
  if (!task) return cli.out.problem(task.error());
  cli.out.document(*task);
  print_task(cli.out, *task);
  return 0;
}

int run_cancel(Context& cli, const Args& args) {
  auto caller = Caller::connect(cli, args, "tasks.cancel");
  if (!caller) return cli.out.problem(caller.error());
  const auto task = find(*caller, args.operands().front());
  if (!task) return cli.out.problem(task.error());
  const std::string id(json::text_or(*task, "taskId"));
  auto answer = caller->call("tasks.cancel", {{"taskId", id}, {"reason", "openclaw tasks cancel"}});
  if (!answer) return cli.out.problem(answer.error());
  if (const json::Object* after = json::object_at(*answer, "task")) (*answer)["task"] = record_of(*after);
  cli.out.document(*answer);
  if (json::bool_or(*answer, "cancelled", false)) {
    cli.out.line("Cancelled task " + id + ".");
    return 0;
  }
  if (!cli.out.is_json()) {
    cli.out.note(cli.out.bad("error: ") + "task " + id +
                 " was not cancelled: " + std::string(json::text_or(*answer, "reason")));
  }
  return 1;
}

}  // namespace

Command tasks_list_command() {
  return {.path = "tasks list",
          .summary = "List background tasks",
          .details = R"(
            Background tasks are the `agent` calls that name their session. Shows 5,000 and a page more at most,
            the latest event first, and says so when there are more. JSON: `{count,runtime,status,tasks[]}`, with
            the filters or null.)",
          .options = connection_options(
              {{"--status", "<name>", "queued, running, succeeded, failed, timed_out, cancelled or lost"},
               {"--runtime", "<name>", "cli, subagent, cron or acp"}}),
          .examples = {"openclaw tasks list --status running --json"},
          .run = run_list};
}

Command tasks_show_command() {
  return {.path = "tasks show",
          .summary = "Show one background task, by its id, its run id or its session",
          .details = R"(
            A session key shows the session's latest task. JSON: the record, `taskId, runtime, status, task,
            label?, agentId, childSessionKey, requesterSessionKey, ownerKey, runId, generation?, createdAt,
            startedAt?, endedAt?, lastEventAt, cleanupAfter?, terminalSummary?, error?`.)",
          .operand = "<lookup>",
          .options = connection_options(),
          .examples = {"openclaw tasks show agent:main:explicit:notes"},
          .run = run_show};
}

Command tasks_cancel_command() {
  return {.path = "tasks cancel",
          .summary = "Stop a background task",
          .details = R"(
            Takes what `tasks show` takes. JSON: `{found,cancelled,reason?,task}`; exit code 1 when it was not
            cancelled.)",
          .operand = "<lookup>",
          .options = connection_options(),
          .examples = {"openclaw tasks cancel agent:main:explicit:notes"},
          .run = run_cancel};
}

}  // namespace gw::cli
