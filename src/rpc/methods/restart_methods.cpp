#include "rpc/methods/restart_methods.hpp"

#include <utility>

#include "json/read.hpp"
#include "rpc/methods/restart_shapes.hpp"

namespace gw::rpc {
namespace {

constexpr std::int64_t kHistoryDefault = 20;
constexpr std::int64_t kHistoryMax = 200;  // All that is kept.

void restart_status(Services& services, Call call) {
  json::Reader reader(call.params);
  const auto id = reader.optional_text("id");
  if (auto read = reader.finish(); !read) {
    return call.respond.error(invalid_params("gateway.restart.status", read.error()));
  }
  const engine::RestartStatus status = services.restart.status();
  json::Value restart = nullptr;
  json::Array recent;
  if (status.current && (!id || *id == status.current->id)) restart = to_json(*status.current);
  for (const RestartRecord& record : status.recent) {
    if (id && *id == record.id) restart = to_json(record);
    recent.push_back(to_json(record));
  }
  json::Object answer{{"phase", restart::name_of(status.phase)},
                      {"restart", restart},
                      {"last", recent.empty() ? json::Value(nullptr) : recent.front()},
                      {"preflight", to_json(services.restart.preflight())},
                      {"generation", services.facts.generation},
                      {"bootId", services.facts.boot_id},
                      {"pid", services.supervisor.pid()}};
  answer["cutInMs"] = status.cut_in ? json::Value(status.cut_in->count()) : json::Value(nullptr);
  answer["blockers"] = answer.at("preflight").at("blockers");
  answer["requestedBy"] = status.current ? status.current->requesters : json::Array{};
  answer["estimate"] = to_json(status.estimate);
  answer["recent"] = std::move(recent);
  call.respond.ok(answer);
}

void restart_history(Services& services, Call call) {
  json::Reader reader(call.params);
  const auto limit = reader.optional_int("limit", 1, kHistoryMax);
  const auto before = reader.optional_text("before", 64);
  if (auto read = reader.finish(); !read) {
    return call.respond.error(invalid_params("gateway.restart.history", read.error()));
  }
  const auto wanted = static_cast<std::size_t>(limit.value_or(kHistoryDefault));
  // One more than asked for tells whether there is another page.
  services.restart.history(wanted + 1, before.value_or(""),
                           [call, wanted](Result<std::vector<RestartRecord>> records) {
                             if (!records) return call.respond.error(records.error());
                             const bool has_more = records->size() > wanted;
                             if (has_more) records->resize(wanted);
                             json::Array restarts;
                             for (const RestartRecord& record : *records) restarts.push_back(to_json(record));
                             json::Object answer{{"restarts", std::move(restarts)}};
                             if (has_more) answer["nextBefore"] = records->back().id;
                             call.respond.ok(answer);
                           });
}

void cancel_restart(Services& services, Call call) {
  json::Reader reader(call.params);
  const auto id = reader.optional_text("id");
  if (auto read = reader.finish(); !read) {
    return call.respond.error(invalid_params("gateway.restart.cancel", read.error()));
  }
  const auto current = services.restart.status().current;
  if (!current) {
    return call.respond.refuse(
        "no restart is under way; gateway.restart.history shows how the last ones ended");
  }
  if (id && *id != current->id) {
    return call.respond.refuse("restart " + *id + " is not under way; the one under way is " + current->id);
  }
  if (!services.restart.cancel()) {
    return call.respond.refuse("restart " + current->id +
                               " is handing over and cannot be cancelled any more; wait for its end");
  }
  services.log.info("restart", "restart cancel requested",
                    {{"id", current->id},
                     {"actor", call.client->client_id},
                     {"device", call.client->device_id},
                     {"ip", call.client->address}});
  call.respond.ok({{"ok", true}, {"cancelled", true}, {"id", current->id}});
}

}  // namespace

void add_restart_methods(MethodTable& table, Services& services) {
  table.add({.name = "gateway.restart.preflight",
             .scope = Scope::Read,
             .help = "What a safe restart would wait for now.",
             .handle = [&services](Call call) { call.respond.ok(to_json(services.restart.preflight())); }});
  table.add({.name = "gateway.restart.request",
             .scope = Scope::Admin,
             .help = "Ask for one restart once running work has ended; requests join the one under way.",
             .is_control_write = true,
             .handle = [&services](Call call) { request_restart(services, std::move(call)); }});
  table.add({.name = "gateway.restart.cancel",
             .scope = Scope::Admin,
             .help = "Cancel the restart under way; the gateway serves on.",
             .handle = [&services](Call call) { cancel_restart(services, std::move(call)); }});
  table.add({.name = "gateway.restart.history",
             .scope = Scope::Read,
             .help = "The restarts on record, newest first, page by page.",
             .handle = [&services](Call call) { restart_history(services, std::move(call)); }});
  table.add({.name = "gateway.restart.status",
             .scope = Scope::Read,
             .help = "The restart under way, what it waits for, and how the last ones ended.",
             .handle = [&services](Call call) { restart_status(services, std::move(call)); }});
}

}  // namespace gw::rpc
