#pragma once

#include <memory>
#include <string_view>

#include "ports/loop.hpp"
#include "ports/model_client.hpp"

namespace gw {

/// The model that is always there: it says back what it was told, so that a new installation can be tried
/// without an account anywhere. Lives on the control thread.
class EchoModel {
 public:
  static constexpr std::string_view kProvider = "builtin";
  static constexpr std::string_view kModel = "echo";

  /// `chunk_chars` characters come at once (at least one), `delay` lies before each piece.
  EchoModel(Loop& loop, Millis delay, std::int64_t chunk_chars);

  /// As ModelClient::start.
  [[nodiscard]] std::unique_ptr<ModelCall> start(const ModelRequest& request, ModelSink& sink);

  static ModelInfo info();

 private:
  Loop& loop_;
  Millis delay_;
  std::int64_t chunk_chars_;
};

}  // namespace gw
