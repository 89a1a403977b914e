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
  /// Copies what it needs of `config`; `loop` and `log` must outlive the router. Destroy its calls and what
  /// `pinned` gave first.
  ProviderRouter(const config::Config& config, Loop& loop, Log& log);

  /// From now on as `config` says. Calls under way and pinned clients go on as before.
  void apply(const config::Config& config);

  [[nodiscard]] std::unique_ptr<ModelCall> start(ModelRequest request, ModelSink& sink) override;
  std::vector<ModelInfo> models() const override;
  std::shared_ptr<ModelClient> pinned() override;

 private:
  Loop& loop_;
  Log& log_;
  HttpClient http_;
  std::shared_ptr<ModelClient> current_;  // Never changed, only replaced.
};

}  // namespace gw
