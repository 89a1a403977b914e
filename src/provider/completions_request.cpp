#include "provider/completions_request.hpp"

#include <utility>

#include "json/value.hpp"

namespace gw {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

json::Object text_part(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

json::Object call_entry(const ToolCall& call) {
  json::Object function{{"name", call.name}, {"arguments", call.arguments.empty() ? "{}" : call.arguments}};
  return {{"id", plain_call_id(call.id)}, {"type", "function"}, {"function", std::move(function)}};
}

json::Object assistant_entry(const ModelMessage& message) {
  json::Object entry{{"role", "assistant"}};
  if (message.tool_calls.empty() || !message.text.empty()) {
    entry["content"] = message.text;
  } else {
    entry["content"] = nullptr;
  }
  if (!message.tool_calls.empty()) {
    json::Array calls;
    for (const ToolCall& call : message.tool_calls) calls.push_back(call_entry(call));
    entry["tool_calls"] = std::move(calls);
  }
  return entry;
}

json::Object message_entry(const ModelMessage& message) {
  switch (message.role) {
    case ModelMessage::Role::System:
      return {{"role", "system"}, {"content", message.text}};
    case ModelMessage::Role::User:
      return {{"role", "user"}, {"content", json::Array{text_part(message.text)}}};
    case ModelMessage::Role::Assistant:
      return assistant_entry(message);
    case ModelMessage::Role::Tool:
      return {
          {"role", "tool"}, {"tool_call_id", plain_call_id(message.tool_call_id)}, {"content", message.text}};
  }
  std::unreachable();
}

}  // namespace

std::string completions_body(const ModelRequest& request, std::int64_t max_tokens) {
  json::Array messages;
  for (const ModelMessage& message : request.messages) messages.push_back(message_entry(message));
  json::Object body{{"model", request.model},
                    {"messages", std::move(messages)},
                    {"stream", true},
                    {"stream_options", json::Object{{"include_usage", true}}}};
  if (max_tokens > 0) body["max_completion_tokens"] = max_tokens;
  return json::serialize(body);
}

std::string plain_call_id(std::string_view id) {
  std::string plain;
  for (const char c : id) {
    if (is_letter_or_digit(c)) plain += c;
  }
  return plain.empty() ? "call" : plain;
}

}  // namespace gw
