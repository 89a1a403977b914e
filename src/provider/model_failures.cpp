#include "provider/model_failures.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace gw {
namespace {

// Shorter values are not keys; hiding every `a` would only make messages unreadable.
constexpr std::size_t kSecretBytesMin = 4;

std::string text_of(const json::Object& object, std::string_view key) {
  const json::Value* value = object.if_contains(key);
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return std::string(json::view(*text));
  if (const auto* number = value->if_int64()) return std::to_string(*number);
  return {};
}

bool is_about_context_length(const ServerError& error) {
  constexpr std::array<std::string_view, 7> kSigns{"context length",    "context window", "context size",
                                                   "maximum context",   "context_length", "exceed_context",
                                                   "prompt is too long"};
  const std::string all = lower_ascii(error.code + " " + error.type + " " + error.message);
  return std::ranges::any_of(kSigns,
                             [&](std::string_view sign) { return all.find(sign) != std::string::npos; });
}

struct Verdict {
  std::string_view kind;
  bool is_retryable;
  std::string_view advice;
};

Verdict verdict_of(int status, const ServerError& error) {
  if (error.code == "insufficient_quota" || status == 402) {
    return {"billing", false, "the account has no credit left"};
  }
  if (status == 401 || status == 403) return {"auth", false, "the server refuses the key: check apiKey"};
  if (error.code == "model_not_found")
    return {"model_not_found", false, "the server does not have this model"};
  if (status == 404)
    return {"model_not_found", false, "no such model or address: check the model id and baseUrl"};
  if (status == 408) return {"timeout", true, "the server gave up waiting"};
  if (status == 429) return {"rate_limit", true, "too many requests"};
  if (status == 503 || status == 529) return {"overloaded", true, "the server is overloaded"};
  if (status >= 500) return {"server_error", true, "the server failed"};
  if (is_about_context_length(error)) {
    return {"context_length", false, "the conversation is too long for this model"};
  }
  if (status >= 300 && status < 400) {
    return {"format", false, "redirects are not followed: set baseUrl to the final address"};
  }
  return {"format", false, "the server does not accept the request"};
}

}  // namespace

ServerError read_server_error(const json::Object& object) {
  const json::Value* error = object.if_contains("error");
  if (error != nullptr && error->is_string()) return {std::string(json::view(error->get_string())), {}, {}};
  const json::Object& from = error != nullptr && error->is_object() ? error->get_object() : object;
  return {text_of(from, "message"), text_of(from, "type"), text_of(from, "code")};
}

ServerError parse_server_error(std::string_view body) {
  const auto value = json::parse(body);
  if (value && value->is_object()) return read_server_error(value->get_object());
  // A page made for browsers says nothing in one line.
  if (trimmed(body).starts_with('<')) return {};
  return {std::string(trimmed(body)), {}, {}};
}

ModelFailure failure_of_status(int status, const ServerError& error, std::optional<Millis> retry_after) {
  const Verdict verdict = verdict_of(status, error);
  ModelFailure failure;
  failure.kind = verdict.kind;
  failure.http_status = status;
  failure.is_retryable = verdict.is_retryable;
  failure.message = "HTTP " + std::to_string(status) + ", " + std::string(verdict.advice);
  if (!error.message.empty()) failure.message += " (" + error.message + ")";
  if (failure.is_retryable) failure.retry_after = retry_after;
  return failure;
}

ModelFailure failure_in_stream(const ServerError& error) {
  int status = 0;
  (void)std::from_chars(error.code.data(), error.code.data() + error.code.size(), status);
  if (status >= 400 && status <= 599) return failure_of_status(status, error, std::nullopt);
  ModelFailure failure;
  const bool is_too_long = is_about_context_length(error);
  failure.kind = is_too_long ? "context_length" : "server_error";
  failure.http_status = 200;
  failure.is_retryable = !is_too_long;
  failure.message = "the model server reported an error in the middle of its answer";
  if (!error.message.empty()) failure.message += " (" + error.message + ")";
  return failure;
}

ModelFailure failure_of_transport(HttpFailure kind, const std::string& message) {
  ModelFailure failure;
  failure.message = message;
  failure.is_retryable = true;
  failure.kind = "server_error";
  if (kind == HttpFailure::TimedOut) failure.kind = "timeout";
  if (kind == HttpFailure::BadRequest || kind == HttpFailure::Untrusted || kind == HttpFailure::TooLarge) {
    failure.kind = "format";
    failure.is_retryable = false;
  }
  return failure;
}

std::string presentable(std::string_view text, const std::vector<Secret>& secrets) {
  std::string shown(text);
  for (const Secret& secret : secrets) {
    const std::string& hidden = secret.reveal();
    if (hidden.size() < kSecretBytesMin) continue;
    for (auto at = shown.find(hidden); at != std::string::npos; at = shown.find(hidden, at)) {
      shown.replace(at, hidden.size(), "***");
      at += 3;
    }
  }
  if (!is_valid_utf8(shown)) {
    std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  std::ranges::replace_if(
      shown, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  if (shown.size() > kErrorTextBytesMax) shown = std::string(cut_utf8(shown, kErrorTextBytesMax)) + "…";
  return shown;
}

}  // namespace gw
