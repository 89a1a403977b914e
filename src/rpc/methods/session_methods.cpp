#include <algorithm>

#include "json/read.hpp"
#include "rpc/methods/services.hpp"

namespace gw::rpc {
namespace {

constexpr std::int64_t kSessionsMax = 500;
constexpr std::int64_t kSessionsDefault = 100;
constexpr std::size_t kSearchBytesMax = 512;

void sessions_list(Services& services, Call call) {
  json::Reader reader(call.params);
  const std::int64_t limit =
      std::min(kSessionsMax, reader.optional_int("limit", 1, INT32_MAX).value_or(kSessionsDefault));
  const std::int64_t offset = reader.optional_int("offset", 0, INT32_MAX).value_or(0);
  const std::string search = reader.optional_text("search", kSearchBytesMax).value_or("");
  const bool wants_children = !reader.optional_text("spawnedBy", kSearchBytesMax).value_or("").empty();
  reader.ignore_rest();  // Filters of OpenClaw that select nothing here.
  if (auto read = reader.finish(); !read)
    return call.respond.error(invalid_params("sessions.list", read.error()));

  auto answer = [&services, call, limit, offset](Result<SessionPage> page) {
    if (!page) return call.respond.error(page.error());
    json::Array rows;
    for (const Session& session : page->sessions) rows.push_back(session_row(services, session));
    const auto count = static_cast<std::int64_t>(rows.size());
    const bool has_more = offset + count < page->total;
    call.respond.ok({{"ts", services.loop.wall_now().value},
                     {"path", services.paths.database().string()},
                     {"count", count},
                     {"totalCount", page->total},
                     {"limitApplied", limit},
                     {"hasMore", has_more},
                     {"nextOffset", has_more ? json::Value(offset + count) : json::Value(nullptr)},
                     {"owners", json::Array{}},
                     {"defaults", session_defaults(services)},
                     {"sessions", std::move(rows)}});
  };
  if (wants_children) return answer(SessionPage{});  // No session spawns another in this release.
  services.store.sessions(static_cast<std::size_t>(limit), static_cast<std::size_t>(offset), search,
                          std::move(answer));
}

}  // namespace

void add_session_methods(MethodTable& table, Services& services) {
  table.add({.name = "sessions.list",
             .scope = Scope::Read,
             .help = "The sessions, latest first.",
             .handle = [&services](Call call) { sessions_list(services, std::move(call)); }});
  table.add({.name = "sessions.subscribe",
             .scope = Scope::Read,
             .help = "Send `sessions.changed` to this connection from now on.",
             .handle = [&services](Call call) {
               call.respond.ok({{"subscribed", services.hub.watch_sessions(call.client->conn_id, true)}});
             }});
}

}  // namespace gw::rpc
