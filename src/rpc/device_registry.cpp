#include "rpc/device_registry.hpp"

#include <algorithm>

#include "base/uuid.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "rpc/scopes.hpp"

namespace gw::rpc {
namespace {

// A person has this long to look at a request; its device renews it with every attempt.
constexpr Millis kPendingLifetime{300'000};
constexpr std::size_t kPendingMax = 100;
constexpr std::size_t kTokenBytes = 32;

bool is_allowed(PairingReason reason, const SilentApproval& silent) {
  switch (reason) {
    case PairingReason::NotPaired:
      return silent.new_device;
    case PairingReason::RoleUpgrade:
      return silent.role;
    case PairingReason::ScopeUpgrade:
      return silent.scopes;
    case PairingReason::MetadataUpgrade:
      return silent.metadata;
  }
  return false;
}

/// Nothing stored means that nothing was promised yet, so the first value is simply taken.
bool contradicts(const std::string& stored, const std::string& claimed) {
  return !stored.empty() && stored != claimed;
}

bool is_same_request(const PairingAsk& a, const PairingAsk& b) {
  return a.public_key == b.public_key && a.role == b.role && a.scopes == b.scopes &&
         a.platform == b.platform && a.device_family == b.device_family;
}

json::Array to_json(const std::vector<std::string>& texts) { return json::Array(texts.begin(), texts.end()); }

void put(json::Object& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object.emplace(key, text);
}

json::Object to_json(const PendingPairing& pending) {
  const PairingAsk& ask = pending.ask;
  json::Object object{
      {"requestId", pending.request_id}, {"deviceId", ask.device_id}, {"publicKey", ask.public_key}};
  put(object, "displayName", ask.display_name);
  put(object, "platform", ask.platform);
  put(object, "deviceFamily", ask.device_family);
  put(object, "clientId", ask.client_id);
  put(object, "clientMode", ask.client_mode);
  object.emplace("role", ask.role);
  object.emplace("roles", json::Array{ask.role});
  object.emplace("scopes", to_json(ask.scopes));
  put(object, "remoteIp", ask.address);
  object.emplace("silent", false);
  object.emplace("isRepair", pending.is_repair);
  object.emplace("ts", pending.asked_at.value);
  return object;
}

json::Object identity_of(const Device& device) {
  json::Object object{{"deviceId", device.id}, {"publicKey", device.public_key}};
  put(object, "displayName", device.display_name);
  put(object, "platform", device.platform);
  put(object, "deviceFamily", device.device_family);
  object.emplace("createdAtMs", device.paired_at.value);
  object.emplace("approvedAtMs", device.paired_at.value);
  object.emplace("roles", json::Array{});
  object.emplace("tokens", json::Array{});
  return object;
}

}  // namespace

std::string_view name_of(PairingReason reason) {
  switch (reason) {
    case PairingReason::NotPaired:
      return "not-paired";
    case PairingReason::RoleUpgrade:
      return "role-upgrade";
    case PairingReason::ScopeUpgrade:
      return "scope-upgrade";
    case PairingReason::MetadataUpgrade:
      return "metadata-upgrade";
  }
  return {};
}

DeviceRegistry::DeviceRegistry(DeviceStore& store) : store_(store) {}

void DeviceRegistry::load(Completion<void> done) {
  store_.load_devices([this, alive = std::weak_ptr(alive_), done = std::move(done)](auto rows) mutable {
    if (alive.expired()) return;
    if (!rows) return done(std::unexpected(std::move(rows).error()));
    for (Device& row : *rows) {
      Key key{row.id, row.role};
      devices_.insert_or_assign(std::move(key), std::move(row));
    }
    is_loaded_ = true;
    done({});
  });
}

const Device* DeviceRegistry::find(std::string_view device_id, std::string_view role) const {
  const auto found = devices_.find(Key{device_id, role});
  return found == devices_.end() ? nullptr : &found->second;
}

std::vector<const Device*> DeviceRegistry::rows_of(std::string_view device_id) const {
  std::vector<const Device*> rows;
  for (auto at = devices_.lower_bound(Key{device_id, ""});
       at != devices_.end() && at->first.first == device_id; ++at) {
    rows.push_back(&at->second);
  }
  return rows;
}

TokenCheck DeviceRegistry::check_token(std::string_view device_id, std::string_view role,
                                       std::string_view token) const {
  const Device* device = find(device_id, role);
  if (!device || device->token.empty()) return TokenCheck::UnknownDevice;
  // Hashes have one length, so neither the content nor the length of the token shows in the time taken.
  const bool equal =
      crypto::equal_constant_time(crypto::sha256(device->token.reveal()), crypto::sha256(token));
  return equal ? TokenCheck::Ok : TokenCheck::Wrong;
}

std::vector<PairingReason> DeviceRegistry::approvals_needed(const PairingAsk& ask) const {
  const auto rows = rows_of(ask.device_id);
  const auto has_key = [&](const Device* row) { return row->public_key == ask.public_key; };
  if (rows.empty() || !std::ranges::all_of(rows, has_key)) return {PairingReason::NotPaired};
  const Device* row = find(ask.device_id, ask.role);
  if (!row) return {PairingReason::RoleUpgrade};
  std::vector<PairingReason> reasons;
  if (!covers(row->scopes, ask.scopes)) reasons.push_back(PairingReason::ScopeUpgrade);
  if (contradicts(row->platform, ask.platform) || contradicts(row->device_family, ask.device_family)) {
    reasons.push_back(PairingReason::MetadataUpgrade);
  }
  return reasons;
}

Device DeviceRegistry::approved_row(const PairingAsk& ask, UnixMillis now) const {
  Device row{.id = ask.device_id, .public_key = ask.public_key, .role = ask.role, .paired_at = now};
  const Device* known = find(ask.device_id, ask.role);
  if (known && known->public_key == ask.public_key) row = *known;
  std::vector<std::string> scopes = row.scopes;
  scopes.insert(scopes.end(), ask.scopes.begin(), ask.scopes.end());
  scopes = normalized_scopes(scopes);
  if (row.token.empty() || scopes != row.scopes) {
    row.token = Secret(crypto::base64url(crypto::random_bytes(kTokenBytes)));
    row.issued_at = now;
  }
  row.scopes = std::move(scopes);
  row.platform = ask.platform;
  row.device_family = ask.device_family;
  if (row.display_name.empty()) row.display_name = ask.display_name;
  return row;
}

void DeviceRegistry::admit(PairingAsk ask, SilentApproval silent, UnixMillis now,
                           Callback<AdmitOutcome> done) {
  if (const auto busy = saving_.find(ask.device_id); busy != saving_.end()) {
    busy->second.push_back([this, ask = std::move(ask), silent, now, done = std::move(done)]() mutable {
      admit(std::move(ask), silent, now, std::move(done));
    });
    return;
  }
  const auto needed = approvals_needed(ask);
  for (const PairingReason reason : needed) {
    if (!is_allowed(reason, silent)) return done(std::unexpected(refuse(ask, reason, now)));
  }
  Device row = approved_row(ask, now);
  const Device* known = find(ask.device_id, ask.role);
  const bool is_unchanged = known && needed.empty() && !known->token.empty() &&
                            known->platform == row.platform && known->device_family == row.device_family;
  if (is_unchanged) return done(Grant{known->token, known->issued_at});
  save(std::move(row),
       [this, now, is_new = !needed.empty(), done = std::move(done)](Result<Device> saved) mutable {
         if (!saved) return done(std::unexpected(std::move(saved).error()));
         if (is_new) resolve(saved->id, "approved", now);
         done(Grant{std::move(saved->token), saved->issued_at});
       });
}

void DeviceRegistry::save(Device device, Completion<Device> done) {
  saving_.try_emplace(device.id);
  Device copy = device;
  auto finish = [this, alive = std::weak_ptr(alive_), device = std::move(device),
                 done = std::move(done)](Status status) mutable {
    if (alive.expired()) return;
    auto waiters = std::move(saving_.extract(device.id).mapped());
    if (status) {
      Key key{device.id, device.role};
      devices_.insert_or_assign(std::move(key), device);
      done(std::move(device));
    } else {
      done(std::unexpected(std::move(status).error()));
    }
    for (auto& waiter : waiters) {
      if (alive.expired()) return;
      waiter();
    }
  };
  store_.save_device(std::move(copy), std::move(finish));
}

PairingRefused DeviceRegistry::refuse(const PairingAsk& ask, PairingReason reason, UnixMillis now) {
  PairingRefused refused{.reason = reason};
  for (const Device* row : rows_of(ask.device_id)) {
    refused.approved_roles.push_back(row->role);
    if (row->role == ask.role) refused.approved_scopes = row->scopes;
  }
  expire_pending(now);
  const auto same_device = [&](const PendingPairing& p) { return p.ask.device_id == ask.device_id; };
  const auto known = std::ranges::find_if(pending_, same_device);
  if (known != pending_.end() && is_same_request(known->ask, ask)) {
    known->asked_at = now;
    refused.request_id = known->request_id;
    return refused;
  }
  // Another wish gets another id: an approval must never grant more than the request that was looked at.
  if (known != pending_.end()) pending_.erase(known);
  if (pending_.size() >= kPendingMax)
    pending_.erase(std::ranges::min_element(pending_, {}, &PendingPairing::asked_at));
  pending_.push_back({.request_id = random_uuid(),
                      .ask = ask,
                      .is_repair = !refused.approved_roles.empty(),
                      .asked_at = now});
  refused.request_id = pending_.back().request_id;
  announce("device.pair.requested", to_json(pending_.back()));
  return refused;
}

void DeviceRegistry::resolve(const std::string& device_id, std::string_view decision, UnixMillis now) {
  std::string request_id;
  const auto same_device = [&](const PendingPairing& p) { return p.ask.device_id == device_id; };
  if (const auto known = std::ranges::find_if(pending_, same_device); known != pending_.end()) {
    request_id = known->request_id;
    pending_.erase(known);
  } else {
    request_id = random_uuid();
  }
  announce("device.pair.resolved",
           {{"requestId", request_id}, {"deviceId", device_id}, {"decision", decision}, {"ts", now.value}});
}

void DeviceRegistry::announce(std::string_view event, const json::Object& payload) const {
  if (listener_) listener_(event, payload);
}

void DeviceRegistry::expire_pending(UnixMillis now) {
  std::erase_if(pending_, [&](const PendingPairing& pending) {
    return now.value - pending.asked_at.value >= kPendingLifetime.count();
  });
}

std::vector<PendingPairing> DeviceRegistry::pending(UnixMillis now) {
  expire_pending(now);
  std::vector<PendingPairing> all = pending_;
  std::ranges::sort(all, {}, &PendingPairing::asked_at);
  return all;
}

void DeviceRegistry::approve(std::string_view request_id, UnixMillis now, Completion<Device> done) {
  expire_pending(now);
  const auto found = std::ranges::find(pending_, request_id, &PendingPairing::request_id);
  if (found == pending_.end()) return done(fail(Code::NotFound, "unknown requestId"));
  if (const auto busy = saving_.find(found->ask.device_id); busy != saving_.end()) {
    busy->second.push_back([this, id = std::string(request_id), now, done = std::move(done)]() mutable {
      approve(id, now, std::move(done));
    });
    return;
  }
  save(approved_row(found->ask, now), [this, now, done = std::move(done)](Result<Device> saved) mutable {
    if (saved) resolve(saved->id, "approved", now);
    done(std::move(saved));
  });
}

Result<std::string> DeviceRegistry::reject(std::string_view request_id, UnixMillis now) {
  expire_pending(now);
  const auto found = std::ranges::find(pending_, request_id, &PendingPairing::request_id);
  if (found == pending_.end()) return fail(Code::NotFound, "unknown requestId");
  std::string device_id = found->ask.device_id;
  resolve(device_id, "rejected", now);
  return device_id;
}

json::Object DeviceRegistry::list(UnixMillis now) {
  json::Array waiting;
  for (const PendingPairing& one : pending(now)) waiting.push_back(to_json(one));
  json::Array paired;
  for (const auto& [key, device] : devices_) {
    if (paired.empty() || json::text_or(paired.back().get_object(), "deviceId") != device.id) {
      paired.push_back(identity_of(device));
    }
    json::Object& entry = paired.back().get_object();
    entry["roles"].get_array().push_back(json::Value(device.role));
    entry["tokens"].get_array().push_back(json::Object{
        {"role", device.role}, {"scopes", to_json(device.scopes)}, {"createdAtMs", device.issued_at.value}});
  }
  return {{"pending", std::move(waiting)}, {"paired", std::move(paired)}};
}

}  // namespace gw::rpc
