#include "protocol/handshakes.hpp"

#include <optional>
#include <utility>

#include "crypto/base64.hpp"
#include "json/value.hpp"

namespace gw::handshakes {
namespace {

json::Object to_json(const Handshake& one) {
  json::Object object{{"peer", one.peer_address},
                      {"isLoopback", one.peer_is_loopback},
                      {"isWebSocket", one.is_websocket},
                      {"head", crypto::base64(one.head)},
                      {"unsent", crypto::base64(one.unsent)},
                      {"deadlineMs", one.deadline.time_since_epoch().count()}};
  if (!one.is_websocket) return object;
  object["input"] = crypto::base64(one.input);
  object["connId"] = one.conn_id;
  object["nonce"] = one.nonce;
  return object;
}

// Reads the members of one object; what is missing or of another type makes `is_good` false.
class Members {
 public:
  explicit Members(const json::Value& value) : object_(value.if_object()), is_good_(object_ != nullptr) {}

  std::string text(std::string_view key) {
    const json::Value* value = find(key);
    const json::String* text = value ? value->if_string() : nullptr;
    return text ? std::string(json::view(*text)) : bad<std::string>();
  }
  std::string bytes(std::string_view key) {
    auto bytes = crypto::decode_base64(text(key));
    return bytes ? *std::move(bytes) : bad<std::string>();
  }
  bool flag(std::string_view key) {
    const json::Value* value = find(key);
    const bool* flag = value ? value->if_bool() : nullptr;
    return flag ? *flag : bad<bool>();
  }
  Instant instant(std::string_view key) {
    const json::Value* value = find(key);
    const std::int64_t* number = value ? value->if_int64() : nullptr;
    return number ? Instant{Millis{*number}} : bad<Instant>();
  }
  bool is_good() const { return is_good_; }

 private:
  const json::Value* find(std::string_view key) const {
    return object_ ? object_->if_contains(key) : nullptr;
  }

  template <typename T>
  T bad() {
    is_good_ = false;
    return {};
  }

  const json::Object* object_;
  bool is_good_;
};

std::optional<Handshake> read(const json::Value& value) {
  Members members(value);
  Handshake one;
  one.peer_address = members.text("peer");
  one.peer_is_loopback = members.flag("isLoopback");
  one.is_websocket = members.flag("isWebSocket");
  one.head = members.bytes("head");
  one.unsent = members.bytes("unsent");
  one.deadline = members.instant("deadlineMs");
  if (one.is_websocket) {
    one.input = members.bytes("input");
    one.conn_id = members.text("connId");
    one.nonce = members.text("nonce");
  }
  return members.is_good() ? std::optional(std::move(one)) : std::nullopt;
}

}  // namespace

std::string encode(const std::vector<Handshake>& handshakes) {
  json::Array list;
  for (const Handshake& one : handshakes) list.push_back(to_json(one));
  return json::serialize(json::Object{{"v", kVersion}, {"handshakes", std::move(list)}});
}

Result<std::vector<Handshake>> decode(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return fail(Code::InvalidRequest, "the list of handshakes is " + value.error().message);
  const json::Object* object = value->if_object();
  const json::Array* list = object ? json::array_at(*object, "handshakes") : nullptr;
  if (!list || json::int_or(*object, "v", 0) != kVersion) {
    return fail(Code::InvalidRequest, "not a list of handshakes of version " + std::to_string(kVersion));
  }
  std::vector<Handshake> handshakes;
  for (const json::Value& entry : *list) {
    auto one = read(entry);
    if (!one) {
      return fail(Code::InvalidRequest,
                  "handshake " + std::to_string(handshakes.size()) + " in the list is malformed");
    }
    handshakes.push_back(*std::move(one));
  }
  return handshakes;
}

}  // namespace gw::handshakes
