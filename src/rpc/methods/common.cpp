#include "core/session/key.hpp"
#include "rpc/methods/services.hpp"

namespace gw::rpc {

Error invalid_params(std::string_view method, const Error& detail) {
  return {Code::InvalidRequest, "invalid " + std::string(method) + " params: " + detail.message};
}

json::Object session_row(const Services& services, const Session& session) {
  const std::size_t slash = session.model.find('/');
  const bool is_active = services.engine.is_running_in(session.key);
  json::Object row{
      {"key", session.key},
      {"kind", "direct"},
      {"sessionId", session.id},
      {"updatedAt", session.updated_at.value},
      {"createdAt", session.created_at.value},
      {"agentId", session.agent_id},
      {"isMain", session.key == "agent:" + session.agent_id + ":" + std::string(session::kMainKey)},
      {"chatType", "direct"},
      {"hasActiveRun", is_active},
      {"systemSent", false},
      {"abortedLastRun", session.last_state == "killed"},
      {"totalTokensFresh", false},
      {"archived", false},
      {"pinned", false},
      {"unread", false},
      {"thinkingLevels", json::Array{}},
      {"thinkingOptions", json::Array{}},
      {"thinkingDefault", "off"},
      {"messageCount", session.message_count},
      {"snapshotAt", services.loop.wall_now().value}};
  if (!session.label.empty()) row["label"] = session.label;
  if (is_active) {
    row["status"] = "running";
  } else if (!session.last_state.empty()) {
    row["status"] = session.last_state;
  }
  const json::Object defaults = session_defaults(services);
  row["modelProvider"] =
      session.model.empty() ? defaults.at("modelProvider") : json::Value(session.model.substr(0, slash));
  row["model"] = session.model.empty() || slash == std::string::npos
                     ? defaults.at("model")
                     : json::Value(session.model.substr(slash + 1));
  row["contextTokens"] = defaults.at("contextTokens");
  return row;
}

json::Object session_defaults(const Services& services) {
  const ModelInfo model = services.models.models().front();
  json::Value context = nullptr;
  if (model.context_window > 0) context = model.context_window;
  return {{"modelProvider", model.provider}, {"model", model.id}, {"contextTokens", context}};
}

}  // namespace gw::rpc
