#include "provider/completions_decoder.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/uuid.hpp"
#include "provider/model_failures.hpp"

namespace gw {
namespace {

ModelFailure failure(std::string_view kind, bool is_retryable, std::string message) {
  ModelFailure made;
  made.kind = kind;
  made.is_retryable = is_retryable;
  made.message = std::move(message);
  made.http_status = 200;
  return made;
}

ModelFailure too_long(std::string_view what, std::size_t bytes_max) {
  return failure(
      "format", false,
      "the " + std::string(what) + " of the answer is longer than " + std::to_string(bytes_max) + " bytes");
}

}  // namespace

std::expected<json::Object, ModelFailure> CompletionsDecoder::parse_object(std::string_view text) const {
  auto value = json::parse(text);
  if (!value || !value->is_object()) {
    return std::unexpected(
        failure("server_error", true, "the model server sent something that is not a JSON object"));
  }
  json::Object object = std::move(value->get_object());
  const json::Value* error = object.if_contains("error");
  if (error != nullptr && !error->is_null())
    return std::unexpected(failure_in_stream(read_server_error(object)));
  return object;
}

auto CompletionsDecoder::take_chunk(std::string_view text) -> std::expected<Delta, ModelFailure> {
  auto chunk = parse_object(text);
  if (!chunk) return std::unexpected(std::move(chunk).error());
  Delta delta;
  take_figures(*chunk);
  const json::Array* choices = json::array_at(*chunk, "choices");
  if (choices == nullptr || choices->empty() || !choices->front().is_object()) return delta;
  if (auto failed = take_choice(choices->front().get_object(), "delta", delta)) {
    return std::unexpected(*std::move(failed));
  }
  return delta;
}

auto CompletionsDecoder::take_whole(std::string_view text) -> std::expected<Delta, ModelFailure> {
  auto whole = parse_object(text);
  if (!whole) return std::unexpected(std::move(whole).error());
  Delta delta;
  take_figures(*whole);
  const json::Array* choices = json::array_at(*whole, "choices");
  if (choices == nullptr || choices->empty() || !choices->front().is_object()) {
    return std::unexpected(
        failure("format", false, "the answer has no choices: is this an OpenAI-compatible server?"));
  }
  if (auto failed = take_choice(choices->front().get_object(), "message", delta)) {
    return std::unexpected(*std::move(failed));
  }
  return delta;
}

std::optional<ModelFailure> CompletionsDecoder::take_choice(const json::Object& choice,
                                                            std::string_view body_key, Delta& delta) {
  if (const json::Object* body = json::object_at(choice, body_key)) {
    delta.text = json::text_or(*body, "content");
    delta.thinking = json::text_or(*body, "reasoning_content", json::text_or(*body, "reasoning"));
    if (answer_.text.size() + delta.text.size() > limits::kAnswerBytesMax) {
      return too_long("text", limits::kAnswerBytesMax);
    }
    if (answer_.thinking.size() + delta.thinking.size() > limits::kAnswerBytesMax) {
      return too_long("reasoning", limits::kAnswerBytesMax);
    }
    answer_.text += delta.text;
    answer_.thinking += delta.thinking;
    if (const json::Array* calls = json::array_at(*body, "tool_calls")) {
      if (auto failed = take_tool_calls(*calls)) return failed;
    }
  }
  const std::string_view reason = json::text_or(choice, "finish_reason");
  if (!reason.empty()) finish_reason_ = reason;
  return std::nullopt;
}

std::optional<ModelFailure> CompletionsDecoder::take_tool_calls(const json::Array& calls) {
  for (const json::Value& call : calls) {
    if (!call.is_object()) continue;
    if (auto failed = take_tool_call(call.get_object())) return failed;
  }
  return std::nullopt;
}

std::optional<ModelFailure> CompletionsDecoder::take_tool_call(const json::Object& call) {
  OpenCall* open = open_call(call);
  if (open == nullptr) {
    return failure("format", false,
                   "the answer has more than " + std::to_string(kToolCallsMax) + " tool calls");
  }
  // Some servers repeat id and name in every piece; only arguments grow.
  const auto add = [&](std::string& to, std::string_view part) {
    call_bytes_ += part.size();
    to += part;
  };
  if (open->id.empty()) add(open->id, json::text_or(call, "id"));
  if (const json::Object* function = json::object_at(call, "function")) {
    if (open->name.empty()) add(open->name, json::text_or(*function, "name"));
    add(open->arguments, json::text_or(*function, "arguments"));
  }
  if (call_bytes_ > kToolCallBytesMax) return too_long("tool calls", kToolCallBytesMax);
  return std::nullopt;
}

// Pieces belong together by their index. Servers that send none send whole calls, each with an id of its own.
CompletionsDecoder::OpenCall* CompletionsDecoder::open_call(const json::Object& call) {
  std::int64_t index = json::int_or(call, "index", -1);
  if (index < 0) {
    const bool is_new = calls_.empty() || !json::text_or(call, "id").empty();
    index = is_new ? last_index_ + 1 : last_index_;
  }
  if (index >= static_cast<std::int64_t>(kToolCallsMax)) return nullptr;
  last_index_ = index;
  return &calls_[index];
}

// `usage` is the standard; llama.cpp and its relatives may send only `timings`.
void CompletionsDecoder::take_figures(const json::Object& chunk) {
  if (answer_.response_id.empty()) answer_.response_id = json::text_or(chunk, "id");
  ModelUsage& usage = answer_.usage;
  if (const json::Object* sent = json::object_at(chunk, "usage")) {
    has_usage_ = true;
    const std::int64_t prompt = std::max<std::int64_t>(0, json::int_or(*sent, "prompt_tokens", 0));
    const json::Object* details = json::object_at(*sent, "prompt_tokens_details");
    const std::int64_t cached = details == nullptr ? 0 : json::int_or(*details, "cached_tokens", 0);
    usage.cache_read = std::clamp<std::int64_t>(cached, 0, prompt);
    usage.input = prompt - usage.cache_read;
    usage.output = std::max<std::int64_t>(0, json::int_or(*sent, "completion_tokens", 0));
    usage.total = json::int_or(*sent, "total_tokens", prompt + usage.output);
  } else if (const json::Object* timings = json::object_at(chunk, "timings");
             timings != nullptr && !has_usage_) {
    usage.input = json::int_or(*timings, "prompt_n", 0);
    usage.output = json::int_or(*timings, "predicted_n", 0);
    usage.total = usage.input + usage.output;
  }
}

std::expected<ModelAnswer, ModelFailure> CompletionsDecoder::finish(bool is_complete) {
  if (!is_finished() && !is_complete) {
    return std::unexpected(failure("server_error", true, "the model server closed the stream early"));
  }
  for (auto& [index, call] : calls_) {
    if (call.id.empty()) call.id = random_uuid();
    answer_.tool_calls.push_back({std::move(call.id), std::move(call.name), std::move(call.arguments)});
  }
  calls_.clear();
  const bool is_cut = finish_reason_ == "length";
  if (answer_.text.empty() && answer_.tool_calls.empty()) {
    if (is_cut) {
      return std::unexpected(failure(
          "empty_response", false, "the model used up its token limit before it answered: raise maxTokens"));
    }
    return std::unexpected(failure("empty_response", true, "the model gave an empty answer"));
  }
  // A call whose arguments may be cut must not be carried out, so `length` counts more than the calls.
  answer_.stop_reason = is_cut ? "length" : answer_.tool_calls.empty() ? "stop" : "toolUse";
  return std::move(answer_);
}

}  // namespace gw
