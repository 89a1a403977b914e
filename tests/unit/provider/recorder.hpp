#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ports/model_client.hpp"

namespace gw::test {

/// Keeps what a model said. It may end the call at its first text.
struct ModelRecorder : ModelSink {
  void on_text(std::string_view delta) override {
    EXPECT_FALSE(is_over()) << "text after the end";
    text += delta;
    pieces.emplace_back(delta);
    if (ends_at_text) call.reset();
  }
  void on_thinking(std::string_view delta) override { thinking += delta; }
  void on_answer(ModelAnswer given) override {
    EXPECT_FALSE(is_over()) << "a second end";
    answer = std::move(given);
    call.reset();
  }
  void on_failure(ModelFailure given) override {
    EXPECT_FALSE(is_over()) << "a second end";
    failure = std::move(given);
    call.reset();
  }
  bool is_over() const { return answer || failure; }

  std::unique_ptr<ModelCall> call;
  bool ends_at_text = false;
  std::string text;
  std::string thinking;
  std::vector<std::string> pieces;
  std::optional<ModelAnswer> answer;
  std::optional<ModelFailure> failure;
};

inline ModelMessage said(ModelMessage::Role role, std::string text) {
  ModelMessage message;
  message.role = role;
  message.text = std::move(text);
  return message;
}

inline ModelRequest request(std::string provider, std::string model, std::string text = "hi") {
  return {std::move(provider), std::move(model), {said(ModelMessage::Role::User, std::move(text))}};
}

}  // namespace gw::test
