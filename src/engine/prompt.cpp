#include "engine/prompt.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace gw::engine {
namespace {

using Ids = std::set<std::string, std::less<>>;

std::string text_of(const json::Object& body) {
  const json::Value* content = body.if_contains("content");
  if (!content) return {};
  if (content->is_string()) return std::string(json::view(content->get_string()));
  std::string text;
  if (const json::Array* blocks = content->if_array()) {
    for (const json::Value& block : *blocks) {
      const json::Object* object = block.if_object();
      if (object && json::text_or(*object, "type") == "text") text += json::text_or(*object, "text");
    }
  }
  return text;
}

// Model servers refuse a prompt with a call that has no result, so unanswered calls are left out.
std::vector<ToolCall> tool_calls_of(const json::Object& body, const Ids& answered) {
  std::vector<ToolCall> calls;
  if (const json::Array* blocks = json::array_at(body, "content")) {
    for (const json::Value& block : *blocks) {
      const json::Object* object = block.if_object();
      if (!object || json::text_or(*object, "type") != "toolCall") continue;
      if (!answered.contains(json::text_or(*object, "id"))) continue;
      const json::Value* arguments = object->if_contains("arguments");
      calls.push_back({std::string(json::text_or(*object, "id")), std::string(json::text_or(*object, "name")),
                       arguments ? json::serialize(*arguments) : "{}"});
    }
  }
  return calls;
}

Ids answered_calls(const std::vector<Message>& transcript) {
  Ids ids;
  for (const Message& row : transcript) {
    if (json::text_or(row.body, "role") == "toolResult") ids.emplace(json::text_or(row.body, "toolCallId"));
  }
  return ids;
}

}  // namespace

std::vector<ModelMessage> prompt_of(const std::vector<Message>& transcript) {
  std::vector<ModelMessage> prompt;
  const Ids answered = answered_calls(transcript);
  Ids open_calls;
  for (const Message& row : transcript) {
    const std::string_view role = json::text_or(row.body, "role");
    if (role == "user") {
      prompt.push_back({ModelMessage::Role::User, text_of(row.body), {}, {}});
    } else if (role == "assistant") {
      ModelMessage message{
          ModelMessage::Role::Assistant, text_of(row.body), tool_calls_of(row.body, answered), {}};
      for (const ToolCall& call : message.tool_calls) open_calls.insert(call.id);
      if (!message.text.empty() || !message.tool_calls.empty()) prompt.push_back(std::move(message));
    } else if (role == "toolResult") {
      const std::string_view id = json::text_or(row.body, "toolCallId");
      if (!open_calls.contains(id)) continue;
      prompt.push_back({ModelMessage::Role::Tool, text_of(row.body), {}, std::string(id)});
    }
  }
  return prompt;
}

}  // namespace gw::engine
