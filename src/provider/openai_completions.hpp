#pragma once

#include <memory>

#include "base/log.hpp"
#include "config/config.hpp"
#include "http/http_client.hpp"
#include "ports/model_client.hpp"

namespace gw {

/// From the first byte to an open connection.
inline constexpr Millis kModelConnectTimeout{15'000};
/// Everything one answer may take on the wire; its parts have closer limits of their own.
inline constexpr std::size_t kModelResponseBytesMax = 67'108'864;

/// Calls of one configured provider that speaks `openai-completions`. Lives on the control thread.
class OpenAiCompletions {
 public:
  /// All but `entry` must outlive this and its calls.
  OpenAiCompletions(config::ProviderEntry entry, HttpClient& http, Loop& loop, Log& log);

  /// As ModelClient::start. A model that the configuration does not list is asked for all the same.
  [[nodiscard]] std::unique_ptr<ModelCall> start(const ModelRequest& request, ModelSink& sink);

  const config::ProviderEntry& entry() const { return entry_; }

 private:
  config::ProviderEntry entry_;
  HttpClient& http_;
  Loop& loop_;
  Log& log_;
};

}  // namespace gw
