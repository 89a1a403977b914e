#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace gw {

struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;  ///< JSON text as the model wrote it.
};

struct ModelMessage {
  enum class Role { System, User, Assistant, Tool };
  Role role = Role::User;
  std::string text;
  std::vector<ToolCall> tool_calls;  ///< Assistant only.
  std::string tool_call_id;          ///< Tool only.
};

struct ModelUsage {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t total = 0;

  ModelUsage& operator+=(const ModelUsage& other) {
    input += other.input;
    output += other.output;
    cache_read += other.cache_read;
    cache_write += other.cache_write;
    total += other.total;
    return *this;
  }
};

/// A configured model, as people and clients name it: `provider/id`.
struct ModelInfo {
  std::string provider;
  std::string id;
  std::string name;  ///< For people; says so when the model is built in.
  std::string api;   ///< `openai-completions` or `builtin-echo`.
  bool reasoning = false;
  std::int64_t context_window = 0;
  std::int64_t max_tokens = 0;
};

struct ModelRequest {
  std::string provider;
  std::string model;
  std::vector<ModelMessage> messages;
};

struct ModelAnswer {
  std::string text;
  std::string thinking;
  std::vector<ToolCall> tool_calls;
  std::string stop_reason;  ///< `stop`, `toolUse` or `length`.
  std::string response_id;
  ModelUsage usage;
};

struct ModelFailure {
  std::string message;  ///< For people; never holds a key.
  std::string kind;     ///< `rate_limit`, `auth`, `timeout`, `server_error`, `model_not_found`, `format`,
                        ///< `context_length`, `unknown`.
  int http_status = 0;  ///< 0: no answer came.
  bool is_retryable = false;
  std::optional<Millis> retry_after;
};

/// Receives one answer piece by piece, on the control thread. After `on_answer` or `on_failure` nothing comes
/// any more.
class ModelSink {
 public:
  virtual ~ModelSink() = default;
  virtual void on_text(std::string_view delta) = 0;
  virtual void on_thinking(std::string_view delta) = 0;
  virtual void on_answer(ModelAnswer answer) = 0;
  virtual void on_failure(ModelFailure failure) = 0;
};

/// A call under way. Destroying it ends the exchange and silences its sink.
class ModelCall {
 public:
  virtual ~ModelCall() = default;
};

/// Starts model calls. One call is one exchange: repeating it is the caller's decision.
/// Call on the control thread.
class ModelClient {
 public:
  virtual ~ModelClient() = default;
  /// `sink` must outlive the returned call. Never calls the sink before it returns.
  [[nodiscard]] virtual std::unique_ptr<ModelCall> start(ModelRequest request, ModelSink& sink) = 0;
  /// The configured models, the default one first.
  virtual std::vector<ModelInfo> models() const = 0;
  /// The same client as it is configured now, whatever is configured later: a run keeps to one.
  virtual std::shared_ptr<ModelClient> pinned() = 0;
};

}  // namespace gw
