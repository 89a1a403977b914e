#include "cli/failure.hpp"

namespace gw::cli {

Failure cli_failure(std::string message, std::string next_step) {
  Failure failure;
  failure.message = std::move(message);
  failure.next_step = std::move(next_step);
  return failure;
}

json::Object to_json(const Failure& failure) {
  json::Object error;
  json::Object document{{"ok", false}};
  switch (failure.kind) {
    case Failure::Kind::Cli:
      error = {{"type", "cli_error"}, {"message", failure.message}};
      if (!failure.code.empty()) error["code"] = failure.code;
      break;
    case Failure::Kind::Request:
      error = {{"type", "gateway_request_error"}, {"code", failure.code}, {"message", failure.message}};
      if (!failure.details.is_null()) error["details"] = failure.details;
      error["retryable"] = failure.is_retryable;
      break;
    case Failure::Kind::Transport:
      error = {{"type", "gateway_transport_error"},
               {"kind", failure.is_timeout ? "timeout" : "closed"},
               {"message", failure.message}};
      if (!failure.reason.empty()) error["reason"] = failure.reason;
      break;
  }
  document["error"] = std::move(error);
  if (failure.kind == Failure::Kind::Transport) {
    document["gateway"] = {{"url", failure.url}, {"urlSource", failure.url_source}};
  }
  return document;
}

}  // namespace gw::cli
