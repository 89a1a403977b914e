#include "rpc/methods/history.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "core/session/key.hpp"
#include "json/read.hpp"

namespace gw::rpc {
namespace {

void cut_texts(json::Object& body, std::size_t units_max) {
  json::Value* content = body.if_contains("content");
  if (!content) return;
  const auto cut = [&](json::Value& text) {
    if (!text.is_string() || text.get_string().size() <= units_max) return;
    text = cut_utf16(json::view(text.get_string()), units_max);
  };
  cut(*content);
  json::Array* blocks = content->if_array();
  if (!blocks) return;
  for (json::Value& block : *blocks) {
    json::Object* object = block.if_object();
    if (!object) continue;
    if (json::Value* text = object->if_contains("text")) cut(*text);
    if (json::Value* thinking = object->if_contains("thinking")) cut(*thinking);
  }
}

// Protocol 4 shows what a user wrote as one string, protocol 3 as blocks.
void shape_user_content(json::Object& body, int protocol) {
  if (protocol < 4 || json::text_or(body, "role") != "user") return;
  const json::Array* blocks = json::array_at(body, "content");
  if (!blocks) return;
  std::string text;
  for (const json::Value& block : *blocks) {
    if (const json::Object* object = block.if_object()) text += json::text_or(*object, "text");
  }
  body["content"] = text;
}

json::Object message_json(const Message& message, const Client& client, std::size_t text_units_max) {
  json::Object body = message.body;
  cut_texts(body, text_units_max);
  shape_user_content(body, client.protocol);
  body["__openclaw"] = {{"id", message.id}, {"seq", message.seq}};
  return body;
}

json::Object pending_json(const std::vector<Job>& queued) {
  json::Array items;
  for (const Job& job : queued) {
    items.push_back(
        {{"id", job.run_id},
         {"acceptedAt", job.accepted_at.value},
         {"state", "queued"},
         {"runId", job.run_id},
         {"message", {{"role", "user"}, {"content", job.text}, {"timestamp", job.accepted_at.value}}}});
  }
  const std::size_t total = items.size();
  return {{"items", std::move(items)}, {"total", total}};
}

}  // namespace

Result<HistoryQuery> read_history_query(std::string_view method, const json::Value& params,
                                        const std::string& agent) {
  json::Reader reader(params);
  HistoryQuery query;
  query.session_key = reader.text("sessionKey");
  query.limit = static_cast<std::size_t>(reader.optional_int("limit", 1, 1'000).value_or(200));
  query.text_units_max =
      static_cast<std::size_t>(reader.optional_int("maxChars", 1, 500'000).value_or(131'072));
  const auto bytes_max = static_cast<std::int64_t>(limits::kHistoryBytesMax);
  query.bytes_max = static_cast<std::size_t>(
      std::min(bytes_max, reader.optional_int("maxBytes", 1'024, INT64_MAX).value_or(bytes_max)));
  reader.ignore({"agentId", "cursor", "offset", "pendingBefore", "inputRunIds", "messageId", "sessionId",
                 "shortId", "slugHint"});
  if (auto read = reader.finish(); !read) return std::unexpected(invalid_params(method, read.error()));
  auto full = session::full_key(query.session_key, agent);
  if (!full) return std::unexpected(invalid_params(method, full.error()));
  query.full_key = *std::move(full);
  return query;
}

json::Object history_json(const Services& services, const Client& client, const HistoryQuery& query,
                          const History& history) {
  // From the newest back, until the next one would not fit.
  std::vector<json::Value> newest_first;
  std::size_t bytes = 0;
  for (auto row = history.messages.rbegin(); row != history.messages.rend(); ++row) {
    json::Object message = message_json(*row, client, query.text_units_max);
    bytes += json::serialize(message).size() + 1;
    if (bytes > query.bytes_max && !newest_first.empty()) break;
    newest_first.emplace_back(std::move(message));
  }
  const std::size_t count = newest_first.size();
  json::Array messages(std::make_move_iterator(newest_first.rbegin()),
                       std::make_move_iterator(newest_first.rend()));

  json::Object answer{{"sessionKey", query.session_key}};
  if (history.session) answer["sessionId"] = history.session->id;
  answer["messages"] = std::move(messages);
  answer["thinkingLevel"] = "off";
  answer["pendingInputs"] = pending_json(history.queued);
  answer["hasMore"] = static_cast<std::int64_t>(count) < history.total;
  answer["totalMessages"] = history.total;
  answer["defaults"] = session_defaults(services);
  if (history.session) answer["sessionInfo"] = session_row(services, *history.session);
  if (const auto run = services.runs.in_flight(query.full_key)) {
    answer["inFlightRun"] = {
        {"runId", run->run_id}, {"text", run->text}, {"startedAt", run->started_at.value}};
  }
  return answer;
}

}  // namespace gw::rpc
