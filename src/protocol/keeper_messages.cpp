#include "protocol/keeper_messages.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "json/read.hpp"
#include "json/value.hpp"

namespace gw::keeper {
namespace {

// An escaped byte takes at most six characters, so a text of this size always fits into one message.
constexpr std::size_t kTextBytesMax = kMessageBytesMax / 6 - 64;
constexpr std::size_t kWordBytesMax = 16;  // `loopback`, `192.168.100.100`.

json::Object head(std::string_view type) { return {{"v", kMessageVersion}, {"type", type}}; }

json::Object with_text(std::string_view type, std::string_view key, std::string_view text) {
  json::Object object = head(type);
  object[key] = cut_utf8(text, kTextBytesMax);
  return object;
}

json::Object to_json(const Handshakes&) { return head("handshakes"); }

json::Object to_json(const Ready& m) {
  json::Object object = head("ready");
  object["bootId"] = cut_utf8(m.boot_id, kTextBytesMax / 4);
  object["version"] = cut_utf8(m.version, kTextBytesMax / 4);
  return object;
}

json::Object to_json(const Failed& m) {
  json::Object object = with_text("failed", "reason", m.reason);
  object["exitCode"] = m.exit_code;
  return object;
}

json::Object to_json(const Take& m) {
  json::Object object = head("take");
  object["releasedAtMs"] = m.released_at_ms;
  return object;
}

json::Object with_attempt(json::Object object, std::int64_t attempt) {
  object["attempt"] = attempt;
  return object;
}

json::Object to_json(const StartSuccessor& m) { return with_attempt(head("start-successor"), m.attempt); }
json::Object to_json(const DropSuccessor&) { return head("drop-successor"); }
json::Object to_json(const Released&) { return head("released"); }
json::Object to_json(const Serving&) { return head("serving"); }
json::Object to_json(const Healthy&) { return head("healthy"); }
json::Object to_json(const StatusLine& m) { return with_text("status", "text", m.text); }
json::Object to_json(const SuccessorReady& m) {
  return with_attempt(with_text("successor-ready", "version", m.version), m.attempt);
}
json::Object to_json(const SuccessorFailed& m) {
  return with_attempt(with_text("successor-failed", "reason", m.reason), m.attempt);
}
json::Object to_json(const Resume& m) { return with_text("resume", "reason", m.reason); }
json::Object to_json(const Retire&) { return head("retire"); }
json::Object to_json(const Probe&) { return head("probe"); }
json::Object to_json(const Stop&) { return head("stop"); }
json::Object to_json(const RestartSignal& m) { return with_text("restart-signal", "name", m.name); }
json::Object to_json(const Reload&) { return head("reload"); }

json::Object to_json(const Configured& m) {
  json::Object object = with_attempt(head("configured"), m.attempt);
  object["port"] = m.port;
  object["bind"] = cut_utf8(m.bind, kWordBytesMax);
  object["customBindHost"] = cut_utf8(m.custom_bind_host, kWordBytesMax);
  object["isGuarded"] = m.is_guarded;
  object["probationMs"] = m.probation.count();
  object["logLevel"] = static_cast<int>(m.log_level);
  object["logConsoleLevel"] = static_cast<int>(m.log_console_level);
  if (m.log_console_style) object["logConsoleStyle"] = static_cast<int>(*m.log_console_style);
  if (m.log_file.size() <= kTextBytesMax / 2) object["logFile"] = m.log_file;  // Half of a path is no path.
  object["logFileBytesMax"] = m.log_file_bytes_max;
  return object;
}

json::Object to_json(const Moved&) { return head("moved"); }

json::Object to_json(const Listening& m) {
  json::Object object = with_text("listening", "host", m.host);
  object["port"] = m.port;
  object["isMove"] = m.is_move;
  return object;
}

json::Object to_json(const Adopted& m) {
  return with_attempt(with_text("adopted", "problem", m.problem), m.attempt);
}

std::string text_of(const json::Object& object, std::string_view key) {
  return std::string(json::text_or(object, key));
}

std::uint16_t port_of(const json::Object& object) {
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(json::int_or(object, "port", 0), 0, 65'535));
}

LogLevel level_of(const json::Object& object, std::string_view key) {
  constexpr auto kHighest = static_cast<std::int64_t>(LogLevel::Silent);
  constexpr auto kUsual = static_cast<std::int64_t>(LogLevel::Info);
  return static_cast<LogLevel>(std::clamp<std::int64_t>(json::int_or(object, key, kUsual), 0, kHighest));
}

Configured configured_of(const json::Object& object) {
  Configured m;
  m.attempt = json::int_or(object, "attempt", 0);
  m.port = port_of(object);
  m.bind = text_of(object, "bind");
  m.custom_bind_host = text_of(object, "customBindHost");
  m.is_guarded = json::bool_or(object, "isGuarded", false);
  m.probation = Millis{std::max<std::int64_t>(0, json::int_or(object, "probationMs", 0))};
  m.log_level = level_of(object, "logLevel");
  m.log_console_level = level_of(object, "logConsoleLevel");
  const std::int64_t style = json::int_or(object, "logConsoleStyle", -1);
  if (style >= 0 && style <= static_cast<std::int64_t>(LogStyle::Json))
    m.log_console_style = static_cast<LogStyle>(style);
  m.log_file = text_of(object, "logFile");
  m.log_file_bytes_max = json::int_or(object, "logFileBytesMax", 0);
  return m;
}

Listening listening_of(const json::Object& object) {
  return {text_of(object, "host"), port_of(object), json::bool_or(object, "isMove", false)};
}

Result<Message> message_of(std::string_view type, const json::Object& object) {
  if (type == "handshakes") return Handshakes{};
  if (type == "ready") return Ready{text_of(object, "bootId"), text_of(object, "version")};
  if (type == "failed") {
    return Failed{text_of(object, "reason"), static_cast<int>(json::int_or(object, "exitCode", 1))};
  }
  if (type == "start-successor") return StartSuccessor{json::int_or(object, "attempt", 0)};
  if (type == "drop-successor") return DropSuccessor{};
  if (type == "released") return Released{};
  if (type == "serving") return Serving{};
  if (type == "healthy") return Healthy{};
  if (type == "status") return StatusLine{text_of(object, "text")};
  if (type == "take") return Take{json::int_or(object, "releasedAtMs", 0)};
  if (type == "successor-ready")
    return SuccessorReady{text_of(object, "version"), json::int_or(object, "attempt", 0)};
  if (type == "successor-failed")
    return SuccessorFailed{text_of(object, "reason"), json::int_or(object, "attempt", 0)};
  if (type == "resume") return Resume{text_of(object, "reason")};
  if (type == "retire") return Retire{};
  if (type == "probe") return Probe{};
  if (type == "stop") return Stop{};
  if (type == "restart-signal") return RestartSignal{text_of(object, "name")};
  if (type == "reload") return Reload{};
  if (type == "configured") return configured_of(object);
  if (type == "moved") return Moved{};
  if (type == "listening") return listening_of(object);
  if (type == "adopted") return Adopted{json::int_or(object, "attempt", 0), text_of(object, "problem")};
  return fail(Code::NotFound, "unknown keeper message '" + std::string(type) + "'");
}

}  // namespace

std::string encode(const Message& message) {
  return json::serialize(std::visit([](const auto& m) { return to_json(m); }, message));
}

Result<Message> decode(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return fail(Code::InvalidRequest, "keeper message is " + value.error().message);
  const json::Object* object = value->if_object();
  if (!object) return fail(Code::InvalidRequest, "keeper message is not an object");
  const std::int64_t version = json::int_or(*object, "v", 0);
  if (version != kMessageVersion) {
    return fail(Code::InvalidRequest, "keeper message of version " + std::to_string(version) + ", expected " +
                                          std::to_string(kMessageVersion));
  }
  return message_of(json::text_or(*object, "type"), *object);
}

}  // namespace gw::keeper
