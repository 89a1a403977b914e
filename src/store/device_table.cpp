#include "store/device_table.hpp"

#include "store/json_text.hpp"

namespace gw::store {
namespace {

constexpr const char* kSave = R"(
  INSERT INTO device (id, role, public_key, scopes, platform, device_family, display_name, token,
                      paired_at_ms, issued_at_ms)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
  ON CONFLICT (id, role) DO UPDATE
     SET public_key = excluded.public_key, scopes = excluded.scopes, platform = excluded.platform,
         device_family = excluded.device_family, display_name = excluded.display_name, token = excluded.token,
         paired_at_ms = excluded.paired_at_ms, issued_at_ms = excluded.issued_at_ms
)";

constexpr const char* kAll = R"(
  SELECT id, role, public_key, scopes, platform, device_family, display_name, token, paired_at_ms,
         issued_at_ms
    FROM device ORDER BY id, role
)";

Result<std::string> scopes_text(const std::vector<std::string>& scopes) {
  json::Array array;
  for (const auto& scope : scopes) array.emplace_back(scope);
  return to_text(array);
}

Result<std::vector<std::string>> scopes_of(std::string_view text) {
  const auto array = to_array(text);
  if (!array) return std::unexpected(array.error());
  std::vector<std::string> scopes;
  for (const auto& scope : *array) {
    if (scope.is_string()) scopes.emplace_back(json::view(scope.get_string()));
  }
  return scopes;
}

}  // namespace

DeviceTable::DeviceTable(Database& d) : save_(d, kSave), all_(d, kAll) {}

Status DeviceTable::prepare() {
  if (auto ready = save_.prepare(); !ready) return ready;
  return all_.prepare();
}

Status DeviceTable::save(const Device& d) {
  const auto scopes = scopes_text(d.scopes);
  if (!scopes) return std::unexpected(scopes.error());
  return save_.run(d.id, d.role, d.public_key, *scopes, d.platform, d.device_family, d.display_name,
                   d.token.reveal(), d.paired_at, d.issued_at);
}

Result<std::vector<Device>> DeviceTable::all() {
  auto rows = all_.query();
  std::vector<Device> devices;
  for (;;) {
    const auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return devices;
    auto scopes = scopes_of(rows.text(3));
    if (!scopes) return std::unexpected(scopes.error());
    devices.push_back({.id = rows.text(0),
                       .public_key = rows.text(2),
                       .role = rows.text(1),
                       .scopes = std::move(*scopes),
                       .platform = rows.text(4),
                       .device_family = rows.text(5),
                       .display_name = rows.text(6),
                       .token = Secret(rows.text(7)),
                       .paired_at = rows.millis(8),
                       .issued_at = rows.millis(9)});
  }
}

}  // namespace gw::store
