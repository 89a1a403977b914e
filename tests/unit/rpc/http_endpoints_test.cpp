#include "rpc/http_endpoints.hpp"

#include <algorithm>

#include "unit/rpc/handshake_fakes.hpp"

namespace gw::rpc {
namespace {

using test::Door;
using test::local_head;
using test::remote_head;
using test::with_header;

const Health kStarted{.phase = Phase::Started, .is_ready = true, .uptime = Millis{42}, .version = "0.1.0"};

std::string header_of(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

class HttpEndpointsTest : public testing::Test {
 protected:
  HttpResponse get(std::string target, const Health& health, HttpRequest head = local_head(),
                   std::string method = "GET") {
    head.target = std::move(target);
    head.method = std::move(method);
    return answer(head, health, door_.config, *door_.authenticator);
  }

  Door door_;
};

TEST_F(HttpEndpointsTest, HealthIsAlwaysLive) {
  for (const char* path : {"/health", "/healthz", "/healthz?x=1"}) {
    const auto response = get(path, {.phase = Phase::Draining});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"ok":true,"status":"live"})");
    EXPECT_EQ(header_of(response, "Content-Type"), "application/json; charset=utf-8");
    EXPECT_EQ(header_of(response, "Cache-Control"), "no-store");
    EXPECT_EQ(header_of(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header_of(response, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(header_of(response, "Permissions-Policy"), "camera=(), microphone=(self), geolocation=()");
  }
}

TEST_F(HttpEndpointsTest, ReadinessTellsLocalCallersWhatIsMissing) {
  for (const char* path : {"/ready", "/readyz"}) {
    const auto ready = get(path, kStarted);
    EXPECT_EQ(ready.status, 200);
    EXPECT_EQ(ready.body, R"({"ready":true,"failing":[],"uptimeMs":42})");
    Health draining = kStarted;
    draining.is_ready = false;
    draining.failing = {"gateway-draining"};
    const auto failing = get(path, draining);
    EXPECT_EQ(failing.status, 503);
    EXPECT_EQ(failing.body, R"({"ready":false,"failing":["gateway-draining"],"uptimeMs":42})");
  }
}

TEST_F(HttpEndpointsTest, ReadinessTellsStrangersNoDetails) {
  EXPECT_EQ(get("/readyz", kStarted, remote_head()).body, R"({"ready":true})");
  const auto proxied = with_header(local_head(), "x-forwarded-for", "203.0.113.7");
  EXPECT_EQ(get("/readyz", kStarted, proxied).body, R"({"ready":true})");
  const auto wrong = with_header(remote_head(), "authorization", "Bearer wrong");
  EXPECT_EQ(get("/readyz", kStarted, wrong).body, R"({"ready":true})");
  const auto right = with_header(remote_head(), "authorization", "Bearer right-token");
  EXPECT_EQ(get("/readyz", kStarted, right).body, R"({"ready":true,"failing":[],"uptimeMs":42})");
}

TEST_F(HttpEndpointsTest, StartupFollowsThePhase) {
  for (const char* path : {"/startup", "/startupz"}) {
    const auto started = get(path, kStarted, remote_head());
    EXPECT_EQ(started.status, 200);
    EXPECT_EQ(started.body, R"({"ok":true,"status":"started","version":"0.1.0","uptimeMs":42})");
  }
  Health health = kStarted;
  health.phase = Phase::Draining;
  auto response = get("/startupz", health);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"ok":false,"status":"draining","version":"0.1.0","uptimeMs":42})");
  health.phase = Phase::Starting;
  EXPECT_EQ(get("/startupz", health).body,
            R"({"ok":false,"status":"starting","version":"0.1.0","uptimeMs":42})");
  health.pending_reason = "state-database";
  response = get("/startupz", health);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(
      response.body,
      R"({"ok":false,"status":"starting","version":"0.1.0","uptimeMs":42,"pendingReason":"state-database"})");
}

TEST_F(HttpEndpointsTest, HeadAnswersWithoutABody) {
  const auto response = get("/healthz", kStarted, local_head(), "HEAD");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(header_of(response, "Content-Type"), "application/json; charset=utf-8");
}

TEST_F(HttpEndpointsTest, OtherMethodsAreNotAllowed) {
  for (const char* path : {"/health", "/readyz", "/startupz", "/control-ui-config.json"}) {
    for (const char* method : {"POST", "DELETE", "OPTIONS"}) {
      const auto response = get(path, kStarted, local_head(), method);
      EXPECT_EQ(response.status, 405);
      EXPECT_EQ(response.body, "Method Not Allowed");
      EXPECT_EQ(header_of(response, "Allow"), "GET, HEAD");
      EXPECT_EQ(header_of(response, "Content-Type"), "text/plain; charset=utf-8");
    }
  }
}

TEST_F(HttpEndpointsTest, EverythingElseIsNotFound) {
  for (const char* path : {"/", "/healthzz", "/health/", "/v1/models", ""}) {
    for (const char* method : {"GET", "POST"}) {
      const auto response = get(path, kStarted, local_head(), method);
      EXPECT_EQ(response.status, 404);
      EXPECT_EQ(response.body, "Not Found");
    }
  }
}

TEST_F(HttpEndpointsTest, TheControlUiConfigNeedsTheSecret) {
  for (const char* path : {"/control-ui-config.json", "/__openclaw/control-ui-config.json"}) {
    const auto without = get(path, kStarted);
    EXPECT_EQ(without.status, 401);
    EXPECT_EQ(without.body, R"({"error":{"message":"Unauthorized","type":"unauthorized"}})");
    const auto with = get(path, kStarted, with_header(local_head(), "authorization", "bearer right-token"));
    EXPECT_EQ(with.status, 200);
    EXPECT_EQ(with.body,
              R"({"basePath":"","assistantName":"Assistant","assistantAvatar":"A","assistantAgentId":"main",)"
              R"("serverVersion":"0.1.0"})");
  }
}

TEST_F(HttpEndpointsTest, TheControlUiConfigIsOpenWithoutAuthentication) {
  door_.config.auth_mode = config::AuthMode::None;
  EXPECT_EQ(get("/control-ui-config.json", kStarted, remote_head()).status, 200);
}

TEST_F(HttpEndpointsTest, ASecretThatIsNotConfiguredOpensNothing) {
  door_.config.token = Secret();
  const auto head = with_header(remote_head(), "authorization", "Bearer ");
  EXPECT_EQ(get("/control-ui-config.json", kStarted, head).status, 401);
}

TEST_F(HttpEndpointsTest, GuessingOverHttpLocksTheAddressForTheHandshakeToo) {
  const auto wrong = with_header(remote_head(), "authorization", "Bearer wrong");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get("/control-ui-config.json", kStarted, wrong).status, 401);
  door_.loop.advance(Millis{500});
  const auto right = with_header(remote_head(), "authorization", "Bearer right-token");
  const auto locked = get("/control-ui-config.json", kStarted, right);
  EXPECT_EQ(locked.status, 429);
  EXPECT_EQ(header_of(locked, "Retry-After"), "300");
  EXPECT_EQ(locked.body,
            R"({"error":{"message":"Too many failed authentication attempts. Please try again later.",)"
            R"("type":"rate_limited"}})");
  const auto outcome =
      door_.knock(test::with_auth(test::connect_params("cli", "cli"), "token", "right-token"), remote_head());
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(test::text_at(outcome.error().error.details, "code"), "AUTH_RATE_LIMITED");
}

TEST(RequestOriginTest, ProxyHeadersMakeARequestRemoteAndItsUpgradeIsRefused) {
  EXPECT_TRUE(is_local(local_head()));
  EXPECT_FALSE(is_local(remote_head()));
  EXPECT_FALSE(refuse_upgrade(local_head()).has_value());
  EXPECT_FALSE(refuse_upgrade(remote_head()).has_value());
  for (const char* name : {"forwarded", "x-forwarded-for", "x-forwarded-proto", "x-real-ip"}) {
    const auto head = with_header(local_head(), name, "203.0.113.7");
    EXPECT_FALSE(is_local(head));
    const auto refusal = refuse_upgrade(head);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->status, 403);
    EXPECT_TRUE(refusal->body.starts_with(R"({"error":{"message":"Proxy client attribution is required. )"));
    EXPECT_TRUE(refusal->body.ends_with(R"("type":"proxy_attribution_required"}})"));
  }
}

struct OriginCase {
  std::string_view origin;
  bool is_local;
  OriginVerdict verdict;
};

TEST(RequestOriginTest, JudgesOrigins) {
  config::Config config = config::defaults();
  config.allowed_origins = {"https://Panel.example/", "http://[2001:db8::1]:8080"};
  using enum OriginVerdict;
  constexpr OriginCase kCases[] = {
      {"http://localhost:5173", true, Allowed},
      {"https://127.0.0.1", true, Allowed},
      {"http://[::1]:3000", true, Allowed},
      {"http://localhost:5173", false, NotAllowed},
      {"http://localhost:18789", false, Allowed},
      {"http://127.0.0.1:18789", false, Allowed},
      {"https://panel.example", true, Allowed},
      {"HTTPS://PANEL.EXAMPLE", false, Allowed},
      {"https://panel.example:444", false, NotAllowed},
      {"http://panel.example", false, NotAllowed},
      {"http://[2001:db8::1]:8080", false, Allowed},
      {"http://127.0.0.1.evil.example", true, NotAllowed},
      {"http://localhost.evil.example", true, NotAllowed},
      {"http://evil.example", true, NotAllowed},
      {"http://evil@localhost", true, Unreadable},
      {"null", true, Unreadable},
      {"", true, Unreadable},
      {"http://", true, Unreadable},
  };
  for (const OriginCase& one : kCases) {
    const auto head =
        with_header(one.is_local ? local_head() : remote_head(), "origin", std::string(one.origin));
    EXPECT_EQ(check_origin(head, config, 18'789), one.verdict) << one.origin;
  }
}

}  // namespace
}  // namespace gw::rpc
