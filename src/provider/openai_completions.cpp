#include "provider/openai_completions.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/retry_after.hpp"
#include "protocol/sse.hpp"
#include "provider/completions_decoder.hpp"
#include "provider/completions_request.hpp"
#include "provider/model_failures.hpp"

namespace gw {
namespace {

constexpr std::string_view kLastChunk = "[DONE]";
// A whole answer that is not streamed: the text may be escaped, six bytes for one.
constexpr std::size_t kWholeBytesMax = 6 * limits::kAnswerBytesMax;

std::string_view header_of(const HttpHeaders& headers, std::string_view name) {
  const auto found = std::ranges::find_if(headers, [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

// One answer being received. Its sink may end the call from inside each of its functions: after every one of
// them `sink_` is looked at again, and `shared_from_this` keeps the object until the function is left.
class Exchange final : public HttpSink, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::string model, std::vector<Secret> secrets, Loop& loop, Log& log, ModelSink& sink)
      : model_(std::move(model)), secrets_(std::move(secrets)), loop_(loop), log_(log), sink_(&sink) {}

  void begin(HttpClient& http, HttpClientRequest request) { call_ = http.start(std::move(request), *this); }

  void stop() {
    sink_ = nullptr;
    call_.reset();
  }

  void on_head(int status, const HttpHeaders& headers) override;
  void on_body(std::string_view part) override;
  void on_done() override;
  void on_failed(HttpFailure kind, const std::string& message) override;

 private:
  enum class Form { Unknown, Events, Whole, Error };

  void take_events(std::string_view part);
  void take_event(const std::string& data);
  void give(std::expected<CompletionsDecoder::Delta, ModelFailure> delta);
  void end(bool is_complete);
  void end_with(ModelFailure failure);

  const std::string model_;
  const std::vector<Secret> secrets_;
  Loop& loop_;
  Log& log_;
  ModelSink* sink_;
  std::unique_ptr<HttpCall> call_;

  Form form_ = Form::Unknown;
  int status_ = 0;
  std::optional<Millis> retry_after_;
  std::string body_;  // Of an error or of an answer that is not streamed.
  sse::Decoder events_;
  CompletionsDecoder decoder_;
};

void Exchange::on_head(int status, const HttpHeaders& headers) {
  const auto self = shared_from_this();
  status_ = status;
  if (status != 200) {
    form_ = Form::Error;
    retry_after_ = parse_retry_after(header_of(headers, "retry-after"), loop_.wall_now());
  } else if (lower_ascii(header_of(headers, "content-type")).starts_with("text/html")) {
    ModelFailure failure;
    failure.kind = "format";
    failure.http_status = status;
    failure.message = "the server answered with a web page: check baseUrl (it often ends in /v1)";
    end_with(std::move(failure));
  }
}

void Exchange::on_body(std::string_view part) {
  const auto self = shared_from_this();
  if (sink_ == nullptr) return;
  if (form_ == Form::Unknown) {
    const std::string_view text = trimmed(part);
    if (text.empty()) return;
    // No event stream begins with a brace: this server ignores `stream`.
    form_ = text.starts_with('{') ? Form::Whole : Form::Events;
  }
  if (form_ == Form::Events) return take_events(part);
  const std::size_t bytes_max = form_ == Form::Error ? kErrorBodyBytesMax : kWholeBytesMax;
  if (form_ == Form::Whole && body_.size() + part.size() > bytes_max) {
    return end_with(failure_of_transport(
        HttpFailure::TooLarge, "the answer is longer than " + std::to_string(bytes_max) + " bytes"));
  }
  body_.append(part.substr(0, bytes_max - std::min(bytes_max, body_.size())));
}

void Exchange::take_events(std::string_view part) {
  std::vector<sse::Event> events;
  const Status fed = events_.feed(part, events);
  for (const sse::Event& event : events) {
    if (sink_ == nullptr) return;
    take_event(event.data);
  }
  if (sink_ != nullptr && !fed) end_with(failure_of_transport(HttpFailure::TooLarge, fed.error().message));
}

void Exchange::take_event(const std::string& data) {
  if (trimmed(data) == kLastChunk) return end(true);
  give(decoder_.take_chunk(data));
}

void Exchange::give(std::expected<CompletionsDecoder::Delta, ModelFailure> delta) {
  if (!delta) return end_with(std::move(delta).error());
  if (!delta->thinking.empty()) sink_->on_thinking(delta->thinking);
  if (sink_ != nullptr && !delta->text.empty()) sink_->on_text(delta->text);
}

void Exchange::on_done() {
  const auto self = shared_from_this();
  if (sink_ == nullptr) return;
  if (form_ == Form::Error || (form_ == Form::Unknown && status_ != 200)) {
    return end_with(failure_of_status(status_, parse_server_error(body_), retry_after_));
  }
  if (form_ == Form::Whole) {
    give(decoder_.take_whole(body_));
    if (sink_ != nullptr) end(true);
    return;
  }
  end(false);
}

void Exchange::on_failed(HttpFailure kind, const std::string& message) {
  const auto self = shared_from_this();
  if (sink_ == nullptr) return;
  // An error answer tells more than the way its connection ended.
  if (form_ == Form::Error)
    return end_with(failure_of_status(status_, parse_server_error(body_), retry_after_));
  if (form_ == Form::Events && decoder_.is_finished()) return end(false);
  if (form_ == Form::Events && kind == HttpFailure::Closed) return end(false);
  end_with(failure_of_transport(kind, message));
}

void Exchange::end(bool is_complete) {
  auto answer = decoder_.finish(is_complete);
  if (!answer) return end_with(std::move(answer).error());
  std::exchange(sink_, nullptr)->on_answer(*std::move(answer));
}

void Exchange::end_with(ModelFailure failure) {
  failure.message = presentable(model_ + ": " + failure.message, secrets_);
  if (failure.http_status == 0) failure.http_status = status_;
  log_.debug("provider", "model call failed",
             {{"model", model_},
              {"kind", failure.kind},
              {"status", failure.http_status},
              {"error", failure.message}});
  ModelSink* sink = std::exchange(sink_, nullptr);
  call_.reset();
  sink->on_failure(std::move(failure));
}

class Call final : public ModelCall {
 public:
  explicit Call(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Call() override { exchange_->stop(); }

  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace

OpenAiCompletions::OpenAiCompletions(config::ProviderEntry entry, HttpClient& http, Loop& loop, Log& log)
    : entry_(std::move(entry)), http_(http), loop_(loop), log_(log) {}

std::unique_ptr<ModelCall> OpenAiCompletions::start(const ModelRequest& request, ModelSink& sink) {
  const auto model = std::ranges::find(entry_.models, request.model, &config::ModelEntry::id);
  std::string base = entry_.base_url;
  while (base.ends_with('/')) base.pop_back();

  HttpClientRequest http;
  http.method = "POST";
  http.url = base + "/chat/completions";
  http.body = completions_body(request, model == entry_.models.end() ? 0 : model->max_tokens);
  http.connect_timeout = kModelConnectTimeout;
  http.idle_timeout = entry_.timeout;
  http.body_bytes_max = kModelResponseBytesMax;
  http.headers = {{"Content-Type", Secret("application/json")}, {"Accept", Secret("text/event-stream")}};
  std::vector<Secret> secrets;
  if (!entry_.api_key.empty()) {
    http.headers.emplace_back("Authorization", Secret("Bearer " + entry_.api_key.reveal()));
    secrets.push_back(entry_.api_key);
  }
  for (const auto& [name, value] : entry_.headers) {
    // What the configuration says replaces what we would send.
    std::erase_if(http.headers,
                  [&](const auto& ours) { return lower_ascii(ours.first) == lower_ascii(name); });
    http.headers.emplace_back(name, value);
    secrets.push_back(value);
  }
  auto exchange =
      std::make_shared<Exchange>(entry_.id + "/" + request.model, std::move(secrets), loop_, log_, sink);
  exchange->begin(http_, std::move(http));
  return std::make_unique<Call>(std::move(exchange));
}

}  // namespace gw
