#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "json/value.hpp"
#include "ports/model_client.hpp"

namespace gw {

/// One answer may hold so many tool calls, and their arguments, names and ids together so many bytes.
inline constexpr std::size_t kToolCallsMax = 64;
inline constexpr std::size_t kToolCallBytesMax = 1'048'576;

/// Builds an answer from the chunks of an `openai-completions` server. No I/O.
class CompletionsDecoder {
 public:
  /// What one chunk adds for people to see at once.
  struct Delta {
    std::string text;
    std::string thinking;
  };

  /// One chunk of a stream: the JSON text of a `data:` field, other than `[DONE]`.
  std::expected<Delta, ModelFailure> take_chunk(std::string_view text);
  /// The whole answer of a server that does not stream.
  std::expected<Delta, ModelFailure> take_whole(std::string_view text);

  /// The model has said why it stopped: what still comes is only figures.
  bool is_finished() const { return !finish_reason_.empty(); }

  /// The answer, once no more chunks come. `is_complete` is false when the stream was cut before its proper
  /// end.
  std::expected<ModelAnswer, ModelFailure> finish(bool is_complete);

 private:
  struct OpenCall {
    std::string id;
    std::string name;
    std::string arguments;
  };

  std::expected<json::Object, ModelFailure> parse_object(std::string_view text) const;
  std::optional<ModelFailure> take_choice(const json::Object& choice, std::string_view body_key,
                                          Delta& delta);
  std::optional<ModelFailure> take_tool_calls(const json::Array& calls);
  std::optional<ModelFailure> take_tool_call(const json::Object& call);
  OpenCall* open_call(const json::Object& call);
  void take_figures(const json::Object& chunk);

  ModelAnswer answer_;
  std::map<std::int64_t, OpenCall> calls_;  // By their index in the answer.
  std::int64_t last_index_ = -1;
  std::size_t call_bytes_ = 0;
  std::string finish_reason_;
  bool has_usage_ = false;
};

}  // namespace gw
