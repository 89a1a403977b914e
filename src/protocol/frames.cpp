#include "protocol/frames.hpp"

#include "json/read.hpp"

namespace gw::frames {
namespace {

std::string_view wire_code(Code code) {
  switch (code) {
    case Code::InvalidRequest:
    case Code::NotFound:
    case Code::Conflict:
    case Code::Unauthorized:
      return "INVALID_REQUEST";
    case Code::TimedOut:
      return "AGENT_TIMEOUT";
    case Code::Unavailable:
    case Code::Storage:
    case Code::Cancelled:
      return "UNAVAILABLE";
  }
  return "UNAVAILABLE";
}

json::Object to_json(const WireError& error) {
  json::Object object{{"code", error.code}, {"message", error.message}};
  if (!error.details.empty()) object["details"] = error.details;
  if (error.is_retryable) object["retryable"] = true;
  if (error.retry_after) object["retryAfterMs"] = error.retry_after->count();
  return object;
}

std::string quoted(std::string_view text) { return json::serialize(json::Value(text)); }

}  // namespace

WireError to_wire(const Error& error) {
  WireError wire{std::string(wire_code(error.code)), error.message, {}, false, std::nullopt};
  if (error.code == Code::Unavailable || error.code == Code::Storage) {
    wire.is_retryable = true;
    wire.retry_after = Millis{1'000};
  }
  return wire;
}

std::expected<Request, BadFrame> parse_request(std::string_view text) {
  auto value = json::parse(text);
  if (!value) return std::unexpected(BadFrame{});

  BadFrame bad{true, "invalid", {}};
  Request request;
  json::Reader reader(*value);
  if (const json::Object* object = value->if_object()) {
    if (const std::string_view id = json::text_or(*object, "id"); !id.empty()) bad.id = id;
    if (json::text_or(*object, "type") != "req") reader.problem("at /type: must be equal to constant");
  }
  reader.ignore({"type", "traceparent", "expectedProfileId"});
  request.id = reader.text("id");
  request.method = reader.text("method");
  if (const json::Value* params = reader.any("params")) request.params = *params;
  if (auto read = reader.finish(); !read) {
    bad.detail = std::move(read.error().message);
    return std::unexpected(std::move(bad));
  }
  return request;
}

std::string response(std::string_view id, const json::Value& payload) {
  return response_of_text(id, json::serialize(payload));
}

std::string response_of_text(std::string_view id, std::string_view payload_json) {
  std::string text = R"({"type":"res","id":)";
  text += quoted(id);
  text += R"(,"ok":true,"payload":)";
  text += payload_json;
  text += '}';
  return text;
}

std::string error_response(std::string_view id, const WireError& error, const json::Value& payload) {
  json::Object frame{{"type", "res"}, {"id", id}, {"ok", false}};
  if (!payload.is_null()) frame["payload"] = payload;
  frame["error"] = to_json(error);
  return json::serialize(frame);
}

std::string event(std::string_view name, std::string_view payload_json, std::int64_t seq,
                  const std::optional<StateVersion>& version) {
  std::string text = R"({"type":"event","event":)";
  text += quoted(name);
  text += R"(,"payload":)";
  text += payload_json;
  if (seq > 0) text += R"(,"seq":)" + std::to_string(seq);
  if (version) {
    text += R"(,"stateVersion":{"presence":)" + std::to_string(version->presence) + R"(,"health":)" +
            std::to_string(version->health) + "}";
  }
  text += '}';
  return text;
}

}  // namespace gw::frames
