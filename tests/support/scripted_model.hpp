#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ports/loop.hpp"
#include "ports/model_client.hpp"

namespace gw::test {

/// What one call does, in this order: streams `deltas`, then answers or fails; with neither it stays open.
struct ModelReply {
  std::vector<std::string> deltas;
  std::vector<std::string> thoughts;
  std::optional<ModelAnswer> answer;
  std::optional<ModelFailure> failure;
};

inline ModelReply answering(std::string text) {
  ModelReply reply;
  reply.deltas = {text};
  reply.answer = ModelAnswer{.text = std::move(text), .stop_reason = "stop", .usage = {.total = 7}};
  return reply;
}

inline ModelReply calling_tools(std::vector<ToolCall> calls, std::string text = {}) {
  ModelReply reply;
  reply.answer =
      ModelAnswer{.text = std::move(text), .tool_calls = std::move(calls), .stop_reason = "toolUse"};
  return reply;
}

inline ModelReply failing(bool is_retryable, std::vector<std::string> deltas = {},
                          std::optional<Millis> retry_after = {}) {
  ModelReply reply;
  reply.deltas = std::move(deltas);
  reply.failure = ModelFailure{"the model server said no", "server_error", 503, is_retryable, retry_after};
  return reply;
}

inline ModelReply hanging(std::vector<std::string> deltas = {}) {
  ModelReply reply;
  reply.deltas = std::move(deltas);
  return reply;
}

/// Stands in for the model providers: each call takes the next reply of the script, or what `otherwise` says.
/// A call of a model that is not in `models` fails as the router's does. Speaks through the loop only.
class ScriptedModel final : public ModelClient {
 public:
  struct Call {
    ModelRequest request;
    bool is_open = true;
    bool is_dropped = false;  // Destroyed before it had ended.
    ModelSink* sink = nullptr;
  };

  explicit ScriptedModel(Loop& loop) : loop_(loop) {}

  void then(ModelReply reply) { script_.push_back(std::move(reply)); }
  /// Ends a hanging call, counted from 0 in the order of the calls.
  void answer(std::size_t number, std::string text) { deliver(calls.at(number), answering(std::move(text))); }

  std::size_t open() const {
    std::size_t count = 0;
    for (const auto& call : calls) count += call->is_open ? 1 : 0;
    return count;
  }

  std::unique_ptr<ModelCall> start(ModelRequest request, ModelSink& sink) override {
    const auto call = std::make_shared<Call>(Call{.request = std::move(request), .sink = &sink});
    calls.push_back(call);
    deliver(call, next_reply(call->request));
    return std::make_unique<Handle>(call);
  }

  std::vector<ModelInfo> models() const override { return known; }
  std::shared_ptr<ModelClient> pinned() override {
    ++pins;
    return {std::shared_ptr<void>(), this};
  }

  int pins = 0;
  std::vector<std::shared_ptr<Call>> calls;  // All of them, in order.
  std::vector<ModelInfo> known{{.provider = "test", .id = "one"}, {.provider = "test", .id = "two"}};
  std::function<ModelReply(const ModelRequest&)> otherwise = [](const ModelRequest& request) {
    return answering("re: " + (request.messages.empty() ? std::string() : request.messages.back().text));
  };

 private:
  struct Handle final : ModelCall {
    explicit Handle(std::shared_ptr<Call> c) : call(std::move(c)) {}
    ~Handle() override {
      call->is_dropped = call->is_open;
      call->is_open = false;
    }
    std::shared_ptr<Call> call;
  };

  ModelReply next_reply(const ModelRequest& request) {
    bool is_known = false;
    for (const auto& model : known) {
      is_known = is_known || (model.provider == request.provider && model.id == request.model);
    }
    if (!is_known) {
      ModelReply reply;
      reply.failure = ModelFailure{.message = "unknown model", .kind = "model_not_found"};
      return reply;
    }
    if (script_.empty()) return otherwise(request);
    ModelReply reply = std::move(script_.front());
    script_.pop_front();
    return reply;
  }

  // One turn of the loop for each piece, so that anything can happen in between.
  void deliver(const std::shared_ptr<Call>& call, const ModelReply& reply) {
    for (const std::string& thought : reply.thoughts) {
      loop_.post([call, thought] {
        if (call->is_open) call->sink->on_thinking(thought);
      });
    }
    for (const std::string& delta : reply.deltas) {
      loop_.post([call, delta] {
        if (call->is_open) call->sink->on_text(delta);
      });
    }
    loop_.post([call, answer = reply.answer, failure = reply.failure] {
      if (!call->is_open || (!answer && !failure)) return;
      call->is_open = false;
      if (answer) return call->sink->on_answer(*answer);
      call->sink->on_failure(*failure);
    });
  }

  Loop& loop_;
  std::deque<ModelReply> script_;
};

}  // namespace gw::test
