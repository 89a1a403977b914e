#include "engine/restart_notes.hpp"

#include <set>
#include <string>

#include "engine/run_result.hpp"

namespace gw::engine {
namespace {

std::string text_of(const RestartRecord& record) {
  if (record.outcome == "restarted") {
    return "✅ The gateway was restarted (" + record.reason + "). It waited " +
           std::to_string(record.waited_ms) + " ms for running work; clients waited " +
           std::to_string(record.gap_ms) + " ms.";
  }
  if (record.outcome == "cancelled") return "⚠️ The restart was cancelled: " + record.failure + ".";
  return "⚠️ The restart failed: " + record.failure + ". The gateway serves on as before.";
}

}  // namespace

std::vector<SessionNote> notes_for(const RestartRecord& record, UnixMillis at) {
  std::set<std::string> sessions;
  for (const json::Value& requester : record.requesters) {
    if (const json::Object* object = requester.if_object()) {
      sessions.emplace(json::text_or(*object, "sessionKey"));
    }
  }
  sessions.erase("");
  std::vector<SessionNote> notes;
  for (const std::string& session : sessions) notes.push_back(note(session, record.id, text_of(record), at));
  return notes;
}

}  // namespace gw::engine
