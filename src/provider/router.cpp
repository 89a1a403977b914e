#include "provider/router.hpp"

#include <algorithm>
#include <utility>

namespace gw {
namespace {

// Says later that there is nobody to ask.
class Refusal final : public ModelCall {
 public:
  Refusal(Loop& loop, ModelFailure failure, ModelSink& sink)
      : timer_(loop.after(Millis{0}, [failure = std::move(failure), &sink]() mutable {
          ModelFailure said = std::move(failure);  // The sink may destroy this call, and with it the timer.
          sink.on_failure(std::move(said));
        })) {}

 private:
  std::unique_ptr<Timer> timer_;
};

ModelFailure no_such_model(std::string message) {
  ModelFailure failure;
  failure.kind = "model_not_found";
  failure.message = std::move(message);
  return failure;
}

ModelInfo info_of(const config::ProviderEntry& provider, const config::ModelEntry& model) {
  ModelInfo info;
  info.provider = provider.id;
  info.id = model.id;
  info.name = model.name.empty() ? model.id : model.name;
  info.api = provider.api.empty() ? "openai-completions" : provider.api;
  info.reasoning = model.reasoning;
  info.context_window = model.context_window;
  info.max_tokens = model.max_tokens;
  return info;
}

// The models of one configuration.
class ProviderSet final : public ModelClient, public std::enable_shared_from_this<ProviderSet> {
 public:
  ProviderSet(const config::Config& config, HttpClient& http, Loop& loop, Log& log)
      : loop_(loop), primary_(config.primary_model), echo_(loop, config.echo_delay, config.echo_chunk_chars) {
    for (const config::ProviderEntry& entry : config.providers) {
      providers_.push_back(std::make_unique<OpenAiCompletions>(entry, http, loop, log));
    }
  }

  std::unique_ptr<ModelCall> start(ModelRequest request, ModelSink& sink) override;
  std::vector<ModelInfo> models() const override;
  std::shared_ptr<ModelClient> pinned() override { return shared_from_this(); }

 private:
  Loop& loop_;
  std::string primary_;  // `provider/model`.
  EchoModel echo_;
  std::vector<std::unique_ptr<OpenAiCompletions>> providers_;
};

std::unique_ptr<ModelCall> ProviderSet::start(ModelRequest request, ModelSink& sink) {
  if (request.provider == EchoModel::kProvider) {
    if (request.model == EchoModel::kModel) return echo_.start(request, sink);
    return std::make_unique<Refusal>(
        loop_, no_such_model("builtin/" + request.model + ": the only built-in model is builtin/echo"), sink);
  }
  const auto found = std::ranges::find_if(
      providers_, [&](const auto& provider) { return provider->entry().id == request.provider; });
  if (found != providers_.end()) return (*found)->start(request, sink);
  return std::make_unique<Refusal>(
      loop_,
      no_such_model(request.provider + "/" + request.model + ": no provider \"" + request.provider +
                    "\" is configured; add models.providers." + request.provider +
                    " with its baseUrl, or set agents.defaults.model.primary to another model"),
      sink);
}

std::vector<ModelInfo> ProviderSet::models() const {
  std::vector<ModelInfo> all;
  for (const auto& provider : providers_) {
    const config::ProviderEntry& entry = provider->entry();
    for (const config::ModelEntry& model : entry.models) all.push_back(info_of(entry, model));
  }
  all.push_back(EchoModel::info());

  const auto is_primary = [&](const ModelInfo& model) { return model.provider + "/" + model.id == primary_; };
  if (std::ranges::none_of(all, is_primary)) {
    // A provider may serve models that its entry does not list.
    for (const auto& provider : providers_) {
      const std::string prefix = provider->entry().id + "/";
      if (!primary_.starts_with(prefix)) continue;
      config::ModelEntry unlisted;
      unlisted.id = primary_.substr(prefix.size());
      all.push_back(info_of(provider->entry(), unlisted));
      break;
    }
  }
  const auto primary = std::ranges::find_if(all, is_primary);
  if (primary != all.end()) std::rotate(all.begin(), primary, primary + 1);
  return all;
}

}  // namespace

ProviderRouter::ProviderRouter(const config::Config& config, Loop& loop, Log& log)
    : loop_(loop), log_(log), http_(loop) {
  apply(config);
}

void ProviderRouter::apply(const config::Config& config) {
  current_ = std::make_shared<ProviderSet>(config, http_, loop_, log_);
}

std::unique_ptr<ModelCall> ProviderRouter::start(ModelRequest request, ModelSink& sink) {
  return current_->start(std::move(request), sink);
}

std::vector<ModelInfo> ProviderRouter::models() const { return current_->models(); }

std::shared_ptr<ModelClient> ProviderRouter::pinned() { return current_; }

}  // namespace gw
