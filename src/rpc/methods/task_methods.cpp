#include <algorithm>
#include <charconv>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "core/session/key.hpp"
#include "json/read.hpp"
#include "rpc/methods/services.hpp"

namespace gw::rpc {
namespace {

constexpr std::int64_t kTasksMax = 500;
constexpr std::int64_t kTasksDefault = 100;
constexpr std::size_t kNameBytesMax = 512;        // Of an id, a key or a cursor.
constexpr std::size_t kReasonUnitsMax = 200;      // Of a cancel, for the log.
constexpr std::size_t kShortErrorUnitsMax = 400;  // Of an error in a list.

using task::Status;

// The words of the wire: `succeeded` is `completed`, and `lost` is not among them.
std::string_view wire_name_of(Status status) {
  if (status == Status::Succeeded) return "completed";
  return task::name_of(status == Status::Lost ? Status::Failed : status);
}

/// What a status word of a request selects; both vocabularies are understood.
std::vector<Status> statuses_of(std::string_view word) {
  if (word == "completed") return {Status::Succeeded};
  if (word == "failed") return {Status::Failed, Status::Lost};
  const auto status = task::status_of(word);
  return status ? std::vector{*status} : std::vector<Status>{};
}

std::string_view kind_of(const TaskRecord& task) {
  return task.tag.runtime == "cron" ? "automation_run" : std::string_view(task.tag.runtime);
}

json::Object execution_of(const TaskRecord& task) {
  const std::string_view state = task::is_over(task.state.status)       ? "finished"
                                 : task.state.status == Status::Running ? "running"
                                                                        : "queued";
  return {{"state", state}, {"lastActivityAt", task.state.last_event_at.value}};
}

void add_ending(json::Object& row, const TaskRecord& task, std::size_t error_units_max) {
  const Status status = task.state.status;
  if (!task.state.ended_at) return;
  row["endedAt"] = task.state.ended_at->value;
  row["cleanupAfter"] = task.state.ended_at->value + limits::kJobRetentionMs;
  if (!task.summary.empty()) row["terminalSummary"] = cut_utf16(task.summary, error_units_max);
  if (status == Status::Succeeded) row["terminalOutcome"] = "succeeded";
  if (status == Status::Failed || status == Status::TimedOut || status == Status::Lost) {
    row["error"] = cut_utf16(task.summary, error_units_max);
  }
}

/// The summary row of the protocol, and what the record has beyond it.
json::Object to_json(const TaskRecord& task, std::size_t error_units_max) {
  const task::State& state = task.state;
  json::Object row{{"id", task.tag.id},
                   {"taskId", task.tag.id},
                   {"kind", kind_of(task)},
                   {"runtime", task.tag.runtime},
                   {"status", wire_name_of(state.status)},
                   {"recordStatus", task::name_of(state.status)},
                   {"execution", execution_of(task)},
                   {"title", task.tag.label.empty() ? task.tag.title : task.tag.label},
                   {"task", task.tag.title},
                   {"agentId", task.agent_id},
                   {"sessionKey", task.session_key},
                   {"childSessionKey", task.session_key},
                   {"requesterSessionKey", task.owner_key},
                   {"ownerKey", task.owner_key},
                   {"scopeKind", "session"},
                   {"hasTranscript", state.started_at.has_value()},
                   {"runId", task.run_id},
                   {"sourceId", task.run_id},
                   {"createdAt", state.created_at.value},
                   {"updatedAt", state.last_event_at.value},
                   {"lastEventAt", state.last_event_at.value},
                   {"deliveryStatus", "not_applicable"},
                   {"notifyPolicy", "silent"}};
  if (!task.tag.label.empty()) row["label"] = task.tag.label;
  if (!task.generation.empty()) row["generation"] = task.generation;
  if (state.started_at) row["startedAt"] = state.started_at->value;
  add_ending(row, task, error_units_max);
  return row;
}

json::Object full_json(const TaskRecord& task) { return to_json(task, std::string::npos); }

std::string cursor_of(const TaskPosition& position) {
  return std::to_string(position.last_event_at.value) + "." + std::to_string(position.number);
}

std::optional<TaskPosition> position_of(std::string_view cursor) {
  TaskPosition position;
  const char* end = cursor.data() + cursor.size();
  const auto time = std::from_chars(cursor.data(), end, position.last_event_at.value);
  if (time.ec != std::errc() || time.ptr == end || *time.ptr != '.') return std::nullopt;
  const auto number = std::from_chars(time.ptr + 1, end, position.number);
  if (number.ec != std::errc() || number.ptr != end) return std::nullopt;
  return position;
}

void read_statuses(json::Reader& reader, TaskQuery& query) {
  const json::Value* given = reader.any("status");
  if (!given) return;
  const json::Array words = given->is_array() ? given->get_array() : json::Array{*given};
  for (const json::Value& word : words) {
    const auto selected =
        word.is_string() ? statuses_of(json::view(word.get_string())) : std::vector<Status>{};
    if (selected.empty()) return reader.problem("at /status: must be equal to one of the allowed values");
    query.statuses.insert(query.statuses.end(), selected.begin(), selected.end());
  }
  if (words.empty()) reader.problem("at /status: must NOT have fewer than 1 items");
}

// A task that is not over has no end to be sorted by.
void keep_ended(TaskQuery& query) {
  if (query.statuses.empty()) {
    query.statuses = {Status::Succeeded, Status::Failed, Status::TimedOut, Status::Cancelled, Status::Lost};
  }
  std::erase_if(query.statuses, [](Status status) { return !task::is_over(status); });
}

struct ListRequest {
  TaskQuery query;
  bool is_empty = false;  ///< The filters exclude each other.
};

Result<ListRequest> read_list(const Services& services, const json::Value& params) {
  json::Reader reader(params);
  ListRequest request;
  TaskQuery& query = request.query;
  read_statuses(reader, query);
  query.agent_id = reader.optional_text("agentId", kNameBytesMax).value_or("");
  query.runtime = reader.optional_text("runtime", kNameBytesMax).value_or("");
  const std::string key = reader.optional_text("sessionKey", kNameBytesMax).value_or("");
  query.limit = static_cast<std::size_t>(reader.optional_int("limit", 1, kTasksMax).value_or(kTasksDefault));
  const auto cursor = reader.optional_text("cursor", kNameBytesMax);
  const std::string sort_by = reader.optional_text("sortBy", kNameBytesMax).value_or("updatedAt");
  if (cursor) {
    query.after = position_of(*cursor);
    if (!query.after) reader.problem("at /cursor: must be a nextCursor of this method");
  }
  if (sort_by != "updatedAt" && sort_by != "endedAt") {
    reader.problem("at /sortBy: must be equal to one of the allowed values");
  }
  if (auto read = reader.finish(); !read) return std::unexpected(invalid_params("tasks.list", read.error()));
  if (!key.empty()) {
    auto full = session::full_key(key, services.config.default_agent);
    if (!full) return std::unexpected(invalid_params("tasks.list", full.error()));
    query.session_key = *std::move(full);
  }
  if (sort_by == "endedAt") {
    keep_ended(query);
    request.is_empty = query.statuses.empty();
  }
  return request;
}

void tasks_list(Services& services, Call call) {
  auto request = read_list(services, call.params);
  if (!request) return call.respond.error(request.error());
  if (request->is_empty) return call.respond.ok({{"tasks", json::Array{}}});
  services.tasks.tasks(std::move(request->query), [call](Result<TaskPage> page) {
    if (!page) return call.respond.error(page.error());
    json::Array rows;
    for (const TaskRecord& task : page->tasks) rows.push_back(to_json(task, kShortErrorUnitsMax));
    json::Object answer{{"tasks", std::move(rows)}};
    if (page->next) answer["nextCursor"] = cursor_of(*page->next);
    call.respond.ok(answer);
  });
}

void tasks_get(Services& services, Call call) {
  json::Reader reader(call.params);
  const std::string name = reader.text("taskId");
  if (auto read = reader.finish(); !read) {
    return call.respond.error(invalid_params("tasks.get", read.error()));
  }
  services.tasks.find_task(name, [call, name](Result<std::optional<TaskRecord>> task) {
    if (!task) return call.respond.error(task.error());
    if (!*task) return call.respond.refuse("task not found: " + std::string(cut_utf8(name, kNameBytesMax)));
    call.respond.ok({{"task", full_json(**task)}});
  });
}

json::Object not_cancelled(const TaskRecord& task, std::string_view reason) {
  return {{"found", true}, {"cancelled", false}, {"reason", reason}, {"task", full_json(task)}};
}

// The record as the abort left it: a run that ended by itself in the meantime was not cancelled.
void answer_cancelled(Services& services, const Call& call, const std::string& id) {
  services.tasks.find_task(id, [call](Result<std::optional<TaskRecord>> task) {
    if (!task) return call.respond.error(task.error());
    if (!*task)
      return call.respond.ok({{"found", false}, {"cancelled", false}, {"reason", "task not found"}});
    if ((*task)->state.status == Status::Cancelled) {
      return call.respond.ok({{"found", true}, {"cancelled", true}, {"task", full_json(**task)}});
    }
    call.respond.ok(not_cancelled(**task, task::is_over((*task)->state.status)
                                              ? "task ended before it could be cancelled"
                                              : "task does not run in this generation; try again"));
  });
}

void tasks_cancel(Services& services, Call call) {
  json::Reader reader(call.params);
  const std::string id = reader.text("taskId");
  const std::string reason(cut_utf16(reader.optional_text("reason").value_or(""), kReasonUnitsMax));
  if (auto read = reader.finish(); !read) {
    return call.respond.error(invalid_params("tasks.cancel", read.error()));
  }
  services.tasks.find_task(id, [&services, call, id, reason](Result<std::optional<TaskRecord>> task) {
    if (!task) return call.respond.error(task.error());
    // By its id only: a name that means another task tomorrow must not end one.
    if (!*task || (*task)->tag.id != id) {
      return call.respond.ok({{"found", false}, {"cancelled", false}, {"reason", "task not found"}});
    }
    if (task::is_over((*task)->state.status)) {
      return call.respond.ok(not_cancelled(**task, "task is already over"));
    }
    services.log.info("tasks", "task cancel requested",
                      {{"task", id}, {"runId", (*task)->run_id}, {"reason", reason}});
    services.engine.abort((*task)->job,
                          [&services, call, id](Result<bool>) { answer_cancelled(services, call, id); });
  });
}

}  // namespace

void add_task_methods(MethodTable& table, Services& services) {
  table.add({.name = "tasks.list",
             .scope = Scope::Read,
             .help = "Background tasks, latest event first.",
             .handle = [&services](Call call) { tasks_list(services, std::move(call)); }});
  table.add({.name = "tasks.get",
             .scope = Scope::Read,
             .help = "One background task, by its id, its run id or its session.",
             .handle = [&services](Call call) { tasks_get(services, std::move(call)); }});
  table.add({.name = "tasks.cancel",
             .scope = Scope::Write,
             .help = "Stop a background task; answers when that is on record.",
             .handle = [&services](Call call) { tasks_cancel(services, std::move(call)); }});
}

}  // namespace gw::rpc
