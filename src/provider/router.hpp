#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "config/config.hpp"
#include "http/http_client.hpp"
#include "ports/model_client.hpp"
#include "provider/echo.hpp"
#include "provider/openai_completions.hpp"

namespace gw {

/// Every model that this gateway can ask: the configured providers and the built-in echo. Lives on the
/// control thread.
class ProviderRouter final : public ModelClient {
 public:
  /// Copies what it needs of `config`; `loop` and `log` must outlive the router. Destroy its calls first.
  ProviderRouter(const config::Config& config, Loop& loop, Log& log);

  [[nodiscard]] std::unique_ptr<ModelCall> start(ModelRequest request, ModelSink& sink) override;
  std::vector<ModelInfo> models() const override;

 private:
  Loop& loop_;
  std::string primary_;  // `provider/model`.
  HttpClient http_;
  EchoModel echo_;
  std::vector<std::unique_ptr<OpenAiCompletions>> providers_;
};

}  // namespace gw
