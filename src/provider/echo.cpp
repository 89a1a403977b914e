#include "provider/echo.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace gw {
namespace {

constexpr std::string_view kPrefix = "echo: ";
constexpr std::int64_t kCharsPerToken = 4;  // The usual rule of thumb.
constexpr std::int64_t kContextWindow = 128'000;

bool is_inside_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::int64_t count_chars(std::string_view text) {
  return std::ranges::count_if(text, [](char byte) { return !is_inside_character(byte); });
}

// The first `chars` characters of `text`.
std::string_view first_chars(std::string_view text, std::int64_t chars) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_inside_character(text[at]) && chars-- == 0) return text.substr(0, at);
  }
  return text;
}

std::string answer_text(const ModelRequest& request) {
  std::string_view said;
  for (const ModelMessage& message : request.messages) {
    if (message.role == ModelMessage::Role::User) said = message.text;
  }
  return std::string(kPrefix) + std::string(cut_utf8(said, limits::kAnswerBytesMax - kPrefix.size()));
}

std::int64_t tokens(std::int64_t chars) { return (chars + kCharsPerToken - 1) / kCharsPerToken; }

ModelUsage usage_of(const ModelRequest& request, std::string_view answer) {
  std::int64_t prompt_chars = 0;
  for (const ModelMessage& message : request.messages) prompt_chars += count_chars(message.text);
  ModelUsage usage;
  usage.input = tokens(prompt_chars);
  usage.output = tokens(count_chars(answer));
  usage.total = usage.input + usage.output;
  return usage;
}

// One answer on its way out. The sink may end the call from inside: `sink_` is looked at after each of its
// functions.
class Speech final : public std::enable_shared_from_this<Speech> {
 public:
  Speech(Loop& loop, Millis delay, std::int64_t chunk_chars, ModelAnswer answer, ModelSink& sink)
      : loop_(loop), delay_(delay), chunk_chars_(chunk_chars), answer_(std::move(answer)), sink_(&sink) {}

  void schedule() {
    timer_ = loop_.after(delay_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->say();
    });
  }

  void stop() {
    sink_ = nullptr;
    timer_.reset();
  }

 private:
  void say() {
    if (sink_ == nullptr) return;
    const std::string_view piece =
        first_chars(std::string_view(answer_.text).substr(said_bytes_), chunk_chars_);
    said_bytes_ += piece.size();
    sink_->on_text(piece);
    if (sink_ == nullptr) return;
    if (said_bytes_ < answer_.text.size()) return schedule();
    std::exchange(sink_, nullptr)->on_answer(std::move(answer_));
  }

  Loop& loop_;
  const Millis delay_;
  const std::int64_t chunk_chars_;
  ModelAnswer answer_;
  ModelSink* sink_;
  std::size_t said_bytes_ = 0;
  std::unique_ptr<Timer> timer_;
};

class Call final : public ModelCall {
 public:
  explicit Call(std::shared_ptr<Speech> speech) : speech_(std::move(speech)) {}
  ~Call() override { speech_->stop(); }

  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  std::shared_ptr<Speech> speech_;
};

}  // namespace

EchoModel::EchoModel(Loop& loop, Millis delay, std::int64_t chunk_chars)
    : loop_(loop), delay_(delay), chunk_chars_(std::max<std::int64_t>(1, chunk_chars)) {}

std::unique_ptr<ModelCall> EchoModel::start(const ModelRequest& request, ModelSink& sink) {
  ModelAnswer answer;
  answer.text = answer_text(request);
  answer.stop_reason = "stop";
  answer.usage = usage_of(request, answer.text);
  auto speech = std::make_shared<Speech>(loop_, delay_, chunk_chars_, std::move(answer), sink);
  speech->schedule();
  return std::make_unique<Call>(std::move(speech));
}

ModelInfo EchoModel::info() {
  ModelInfo info;
  info.provider = kProvider;
  info.id = kModel;
  info.name = "Built-in echo (repeats what you say; no AI model)";
  info.api = "builtin-echo";
  info.context_window = kContextWindow;
  return info;
}

}  // namespace gw
