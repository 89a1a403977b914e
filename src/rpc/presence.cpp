#include "rpc/presence.hpp"

#include <algorithm>
#include <utility>

namespace gw::rpc {
namespace {

constexpr Millis kEntryLifetime{300'000};
constexpr std::size_t kEntriesMax = 200;  // The gateway's own one included.

void put(json::Object& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object.emplace(key, text);
}

void put(json::Object& object, std::string_view key, const std::vector<std::string>& texts) {
  if (!texts.empty()) object.emplace(key, json::Array(texts.begin(), texts.end()));
}

std::string key_of(const Client& client) {
  if (!client.device_id.empty()) return client.device_id;
  return client.instance_id.empty() ? client.conn_id : client.instance_id;
}

PresenceEntry entry_of(const Client& client, std::string reason) {
  PresenceEntry entry{.host = client.display_name.empty() ? client.client_id : client.display_name,
                      .ip = client.address,
                      .version = client.client_version,
                      .platform = client.platform,
                      .device_family = client.device_family,
                      .model_identifier = client.model_identifier,
                      .mode = client.client_mode,
                      .reason = std::move(reason),
                      .device_id = client.device_id,
                      .roles = {client.role},
                      .scopes = client.scopes,
                      .instance_id = client.instance_id.empty() ? key_of(client) : client.instance_id,
                      .client_id = client.client_id,
                      .time_zone = client.time_zone};
  entry.text = "Node: " + entry.host + " · mode " + entry.mode;
  return entry;
}

PresenceEntry own_entry(const GatewaySelf& self, UnixMillis now) {
  std::string text = "Gateway: " + self.host;
  if (!self.ip.empty()) text += " (" + self.ip + ")";
  text += " · app " + self.version + " · mode gateway · reason self";
  return {.host = self.host,
          .ip = self.ip,
          .version = self.version,
          .platform = self.platform,
          .device_family = self.device_family,
          .model_identifier = self.model_identifier,
          .mode = "gateway",
          .reason = "self",
          .text = std::move(text),
          .at = now};
}

}  // namespace

json::Object to_json(const PresenceEntry& entry) {
  json::Object object;
  put(object, "host", entry.host);
  put(object, "ip", entry.ip);
  put(object, "version", entry.version);
  put(object, "platform", entry.platform);
  put(object, "deviceFamily", entry.device_family);
  put(object, "modelIdentifier", entry.model_identifier);
  put(object, "mode", entry.mode);
  if (entry.last_input_seconds) object.emplace("lastInputSeconds", *entry.last_input_seconds);
  put(object, "reason", entry.reason);
  put(object, "tags", entry.tags);
  put(object, "text", entry.text);
  object.emplace("ts", entry.at.value);
  put(object, "deviceId", entry.device_id);
  put(object, "roles", entry.roles);
  put(object, "scopes", entry.scopes);
  put(object, "instanceId", entry.instance_id);
  put(object, "clientId", entry.client_id);
  put(object, "timeZone", entry.time_zone);
  if (entry.online_since) object.emplace("onlineSince", entry.online_since->value);
  return object;
}

Presence::Presence(GatewaySelf self) : self_(std::move(self)) {}

bool Presence::is_tracked(const Client& client) {
  return client.client_mode != "cli" && client.client_mode != "backend" && client.client_mode != "probe";
}

bool Presence::connected(const Client& client, UnixMillis now) {
  if (!is_tracked(client)) return false;
  PresenceEntry entry = entry_of(client, "connect");
  entry.online_since = client.connected_at;
  update(key_of(client), std::move(entry), now);
  return true;
}

bool Presence::disconnected(const Client& client, UnixMillis now) {
  if (!is_tracked(client)) return false;
  update(key_of(client), entry_of(client, "disconnect"), now);
  return true;
}

void Presence::update(const std::string& key, PresenceEntry entry, UnixMillis now) {
  drop_expired(now);
  entry.at = now;
  entries_.insert_or_assign(key, std::move(entry));
  if (entries_.size() >= kEntriesMax) {
    entries_.erase(std::ranges::min_element(entries_, {}, [](const auto& item) { return item.second.at; }));
  }
  ++version_;
}

json::Array Presence::list(UnixMillis now) {
  drop_expired(now);
  std::vector<const PresenceEntry*> sorted;
  for (const auto& [key, entry] : entries_) sorted.push_back(&entry);
  std::ranges::sort(sorted, std::ranges::greater(), &PresenceEntry::at);
  json::Array all{to_json(own_entry(self_, now))};
  for (const PresenceEntry* entry : sorted) all.push_back(to_json(*entry));
  return all;
}

void Presence::drop_expired(UnixMillis now) {
  std::erase_if(entries_,
                [&](const auto& item) { return now.value - item.second.at.value > kEntryLifetime.count(); });
}

}  // namespace gw::rpc
