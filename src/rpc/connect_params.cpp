#include "rpc/connect_params.hpp"

#include <algorithm>
#include <array>

#include "json/read.hpp"

namespace gw::rpc {
namespace {

using json::Reader;
using json::Value;

// Bounds of single fields. The frame itself is bounded before (limits::kHandshakeFrameBytesMax); these keep
// one member from taking all of it into logs, presence entries and the pairing list.
constexpr std::size_t kTextBytesMax = 512;
constexpr std::size_t kKeyBytesMax = 1'024;  // A PEM block fits.
constexpr std::size_t kSecretBytesMax = 4'096;
constexpr std::size_t kLongTextBytesMax = 32'768;  // A PATH can be long.
constexpr std::size_t kBuildIdBytesMax = 96;
constexpr std::size_t kTimeZoneBytesMax = 64;
constexpr std::size_t kScopesMax = 64;
constexpr std::size_t kListMax = 512;
constexpr std::int64_t kSafeIntegerMax = 9'007'199'254'740'991;

constexpr std::array<std::string_view, 17> kClientIds{"webchat-ui",
                                                      "openclaw-control-ui",
                                                      "openclaw-tui",
                                                      "webchat",
                                                      "cli",
                                                      "gateway-client",
                                                      "openclaw-macos",
                                                      "openclaw-ios",
                                                      "openclaw-android",
                                                      "node-host",
                                                      "test",
                                                      "fingerprint",
                                                      "openclaw-probe",
                                                      "openclaw-browser-copilot",
                                                      "openclaw-linux",
                                                      "openclaw-watchos",
                                                      "openclaw-worker"};
constexpr std::array<std::string_view, 8> kClientModes{"webchat", "cli",   "ui",   "backend",
                                                       "node",    "probe", "test", "worker"};

/// Reads one object and knows where it stands, for the problems that Reader has no words for.
class Fields {
 public:
  Fields(const Value& value, std::string path) : path_(path), reader_(value, std::move(path)) {}

  Reader& reader() { return reader_; }
  void problem(std::string_view key, std::string_view text) {
    reader_.problem("at " + path_ + "/" + std::string(key) + ": " + std::string(text));
  }

  std::string text(std::string_view key, std::size_t bytes_max = kTextBytesMax) {
    std::string value = reader_.text(key);
    if (value.size() > bytes_max) too_long(key, bytes_max);
    return value;
  }
  /// May be absent, but not empty.
  std::string optional_text(std::string_view key, std::size_t bytes_max = kTextBytesMax) {
    const auto value = reader_.optional_text(key, bytes_max);
    if (value && value->empty()) problem(key, "must NOT have fewer than 1 characters");
    return value.value_or(std::string());
  }
  /// May be absent or empty.
  std::string loose_text(std::string_view key, std::size_t bytes_max) {
    return reader_.optional_text(key, bytes_max).value_or(std::string());
  }
  std::optional<Secret> secret(std::string_view key) {
    auto value = reader_.optional_text(key, kSecretBytesMax);
    if (!value) return std::nullopt;
    return Secret(*std::move(value));
  }
  std::int64_t integer(std::string_view key, std::int64_t low) {
    if (const auto value = reader_.optional_int(key, low, kSafeIntegerMax)) return *value;
    if (!has(key)) reader_.problem(required(key));
    return 0;
  }
  std::vector<std::string> texts(std::string_view key, std::size_t items_max);
  template <std::size_t N>
  std::string choice(std::string_view key, const std::array<std::string_view, N>& choices) {
    std::string value = text(key);
    if (!value.empty() && std::ranges::find(choices, value) == choices.end()) {
      problem(key, "must be equal to constant");
      problem(key, "must match a schema in anyOf");
    }
    return value;
  }

  bool has(std::string_view key) { return reader_.any(key) != nullptr; }

 private:
  std::string required(std::string_view key) const {
    const std::string place = path_.empty() ? std::string() : "at " + path_ + ": ";
    return place + "must have required property '" + std::string(key) + "'";
  }
  void too_long(std::string_view key, std::size_t bytes_max) {
    problem(key, "must NOT have more than " + std::to_string(bytes_max) + " characters");
  }

  std::string path_;
  Reader reader_;
};

std::vector<std::string> Fields::texts(std::string_view key, std::size_t items_max) {
  const Value* member = reader_.any(key);
  if (!member) return {};
  const auto* array = member->if_array();
  if (!array) {
    problem(key, "must be array");
    return {};
  }
  if (array->size() > items_max) {
    problem(key, "must NOT have more than " + std::to_string(items_max) + " items");
    return {};
  }
  std::vector<std::string> all;
  for (const Value& item : *array) {
    const std::string place = std::string(key) + "/" + std::to_string(all.size());
    if (!item.is_string()) {
      problem(place, "must be string");
      return {};
    }
    const std::string_view text = json::view(item.get_string());
    if (text.empty()) problem(place, "must NOT have fewer than 1 characters");
    if (text.size() > kTextBytesMax) too_long(place, kTextBytesMax);
    all.emplace_back(text);
  }
  return all;
}

void join(Reader& outer, Reader& inner) {
  if (auto status = inner.finish(); !status) outer.problem(std::move(status).error().message);
}

/// The member when it is an object, after complaining about anything else.
const Value* object_member(Fields& fields, std::string_view key) {
  const Value* member = fields.reader().any(key);
  if (member && !member->is_object()) {
    fields.problem(key, "must be object");
    return nullptr;
  }
  return member;
}

void read_client(Fields& outer, ConnectParams::ClientInfo& client) {
  const Value* member = object_member(outer, "client");
  if (!member) {
    if (!outer.has("client")) outer.reader().problem("must have required property 'client'");
    return;
  }
  Fields fields(*member, "/client");
  client.id = fields.choice("id", kClientIds);
  client.display_name = fields.optional_text("displayName");
  client.version = fields.text("version");
  client.platform = fields.text("platform");
  client.device_family = fields.optional_text("deviceFamily");
  client.model_identifier = fields.optional_text("modelIdentifier");
  client.mode = fields.choice("mode", kClientModes);
  client.instance_id = fields.optional_text("instanceId");
  client.build_id = fields.optional_text("buildId", kBuildIdBytesMax);
  client.time_zone = fields.optional_text("timeZone", kTimeZoneBytesMax);
  join(outer.reader(), fields.reader());
}

void read_device(Fields& outer, std::optional<ConnectParams::DeviceProof>& device) {
  const Value* member = object_member(outer, "device");
  if (!member) return;
  Fields fields(*member, "/device");
  device.emplace();
  device->id = fields.text("id");
  device->public_key = fields.text("publicKey", kKeyBytesMax);
  device->signature = fields.text("signature");
  device->signed_at = UnixMillis{fields.integer("signedAt", 0)};
  device->nonce = fields.text("nonce");
  join(outer.reader(), fields.reader());
}

void read_auth(Fields& outer, ConnectParams::Proofs& auth) {
  const Value* member = object_member(outer, "auth");
  if (!member) return;
  Fields fields(*member, "/auth");
  auth.token = fields.secret("token");
  auth.bootstrap_token = fields.secret("bootstrapToken");
  auth.device_token = fields.secret("deviceToken");
  auth.password = fields.secret("password");
  // In-process proofs of the reference server; nobody here can present a valid one.
  (void)fields.secret("approvalRuntimeToken");
  (void)fields.secret("agentRuntimeIdentityToken");
  join(outer.reader(), fields.reader());
}

void read_permissions(Fields& outer, std::vector<std::pair<std::string, bool>>& permissions) {
  const Value* member = object_member(outer, "permissions");
  if (!member) return;
  if (member->get_object().size() > kListMax) {
    outer.problem("permissions", "must NOT have more than " + std::to_string(kListMax) + " properties");
    return;
  }
  for (const auto& [key, value] : member->get_object()) {
    const std::string name(key.data(), key.size());
    if (!value.is_bool()) {
      outer.problem("permissions/" + name, "must be boolean");
      return;
    }
    permissions.emplace_back(name, value.get_bool());
  }
}

}  // namespace

Result<ConnectParams> read_connect_params(const json::Value& params) {
  ConnectParams result;
  Fields fields(params, "");
  result.min_protocol = fields.integer("minProtocol", 1);
  result.max_protocol = fields.integer("maxProtocol", 1);
  read_client(fields, result.client);
  result.caps = fields.texts("caps", kListMax);
  result.commands = fields.texts("commands", kListMax);
  read_permissions(fields, result.permissions);
  result.path_env = fields.loose_text("pathEnv", kLongTextBytesMax);
  if (fields.has("role")) result.role = fields.optional_text("role");
  result.scopes = fields.texts("scopes", kScopesMax);
  read_device(fields, result.device);
  read_auth(fields, result.auth);
  result.locale = fields.loose_text("locale", kTextBytesMax);
  result.user_agent = fields.loose_text("userAgent", kKeyBytesMax);
  fields.reader().ignore({"computerUse", "workerRuns", "modelCatalog"});
  if (auto status = fields.reader().finish(); !status) return std::unexpected(std::move(status).error());
  return result;
}

}  // namespace gw::rpc
