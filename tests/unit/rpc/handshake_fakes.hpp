#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/base64.hpp"
#include "crypto/ed25519.hpp"
#include "ports/device_store.hpp"
#include "ports/loop.hpp"
#include "rpc/authenticator.hpp"
#include "rpc/device_proof.hpp"

namespace gw::rpc::test {

/// A clock that stands still until a test moves it. Nothing here waits, so no timer ever fires.
class StillLoop final : public Loop {
 public:
  Instant now() const override { return now_; }
  UnixMillis wall_now() const override { return wall_now_; }
  void post(Callback<> work) override { work(); }
  std::unique_ptr<Timer> after(Millis, Callback<>) override { return std::make_unique<Timer>(); }

  void advance(Millis by) {
    now_ += by;
    wall_now_.value += by.count();
  }
  void set_wall(UnixMillis at) { wall_now_ = at; }

 private:
  Instant now_{Millis{1'000'000}};
  UnixMillis wall_now_{1'737'264'000'000};
};

/// Keeps rows in memory; can fail, and can hold saves back until told.
class MemoryDevices final : public DeviceStore {
 public:
  void load_devices(Completion<std::vector<Device>> done) override {
    if (is_broken) return done(fail(Code::Storage, "disk gone"));
    std::vector<Device> all;
    for (const auto& [key, row] : rows) all.push_back(row);
    done(std::move(all));
  }
  void save_device(Device device, Completion<void> done) override {
    ++saves;
    held_.emplace_back(std::move(device), std::move(done));
    if (!is_holding) release();
  }
  /// Finishes the oldest save that was held back.
  void release() {
    auto [device, done] = std::move(held_.front());
    held_.pop_front();
    if (is_broken) return done(fail(Code::Storage, "disk full"));
    std::pair key(device.id, device.role);
    rows.insert_or_assign(key, std::move(device));
    done({});
  }

  std::map<std::pair<std::string, std::string>, Device> rows;
  bool is_broken = false;
  bool is_holding = false;
  int saves = 0;

 private:
  std::deque<std::pair<Device, Completion<void>>> held_;
};

inline std::string text_at(const json::Object& object, std::string_view key) {
  return std::string(json::text_or(object, key));
}

/// The wire parameters of a client, with room for one change per test.
inline json::Object connect_params(std::string_view id, std::string_view mode, json::Array scopes = {}) {
  return {{"minProtocol", 3},
          {"maxProtocol", 4},
          {"client", json::Object{{"id", id}, {"version", "9.6"}, {"platform", "linux"}, {"mode", mode}}},
          {"scopes", std::move(scopes)}};
}

/// A device with a key of its own, made from one repeated byte.
class TestDevice {
 public:
  explicit TestDevice(char seed = 'a') : key_(*crypto::key_pair_of(std::string(32, seed))) {}

  std::string id() const { return crypto::device_id(key_.public_key); }
  std::string public_key() const { return crypto::base64url(key_.public_key); }

  /// Adds `device` with a valid proof for everything that is in `params` now.
  void sign(json::Object& params, const std::string& nonce, UnixMillis at, bool is_v3 = true) const {
    params["device"] = json::Object{{"id", id()},
                                    {"publicKey", public_key()},
                                    {"signature", "later"},
                                    {"signedAt", at.value},
                                    {"nonce", nonce}};
    const auto read = read_connect_params(params);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    const auto signature = crypto::sign(key_, signed_payload(*read, is_v3));
    params["device"].get_object()["signature"] = crypto::base64url(*signature);
  }

 private:
  crypto::KeyPair key_;
};

inline HttpRequest local_head() {
  return {.method = "GET", .target = "/", .peer_address = "127.0.0.1", .peer_is_loopback = true};
}
inline HttpRequest remote_head(std::string address = "203.0.113.7") {
  return {.method = "GET", .target = "/", .peer_address = std::move(address)};
}
inline HttpRequest with_header(HttpRequest head, std::string name, std::string value) {
  head.headers.emplace_back(std::move(name), std::move(value));
  return head;
}

/// A gateway's front door: registry, authenticator and everything behind them.
class Door {
 public:
  static constexpr std::string_view kNonce = "nonce-1";

  explicit Door(config::AuthMode mode = config::AuthMode::Token) {
    config.auth_mode = mode;
    config.token = Secret("right-token");
    config.password = Secret("right-password");
    reload();
  }

  /// What a new process would know.
  void reload() {
    authenticator.reset();
    registry = std::make_unique<DeviceRegistry>(store);
    registry->load([](Status) {});
    registry->set_listener(
        [this](std::string_view event, const json::Object& payload) { events.emplace_back(event, payload); });
    authenticator = std::make_unique<Authenticator>(config, facts, *registry, loop, log);
  }

  Authenticator::Outcome knock(const json::Object& params, HttpRequest head = local_head()) {
    std::optional<Authenticator::Outcome> outcome;
    authenticator->authenticate(std::move(head), std::string(kNonce), params, "conn-1",
                                [&outcome](Authenticator::Outcome o) { outcome = std::move(o); });
    if (!outcome) throw std::logic_error("no answer");
    return *std::move(outcome);
  }

  json::Object signed_by(const TestDevice& device, json::Object params) {
    device.sign(params, std::string(kNonce), loop.wall_now());
    return params;
  }

  config::Config config = config::defaults();
  GatewayFacts facts{.port = 18'789};
  StillLoop loop;
  NullLog log;
  MemoryDevices store;
  std::vector<std::pair<std::string, json::Object>> events;
  std::unique_ptr<DeviceRegistry> registry;
  std::unique_ptr<Authenticator> authenticator;
};

inline json::Object with_auth(json::Object params, std::string_view field, std::string_view value) {
  if (!params.contains("auth")) params["auth"] = json::Object{};
  params["auth"].get_object()[field] = value;
  return params;
}

}  // namespace gw::rpc::test
