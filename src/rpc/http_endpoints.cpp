#include "rpc/http_endpoints.hpp"

#include <utility>

namespace gw::rpc {
namespace {

constexpr Millis kSecond{1'000};

HttpResponse with_common_headers(int status, std::string_view type, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", std::string(type)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Permissions-Policy", "camera=(), microphone=(self), geolocation=()"}},
          .body = std::move(body)};
}

std::string_view path_of(const HttpRequest& request) {
  const std::string_view target = request.target;
  return target.substr(0, target.find_first_of("?#"));
}

HttpResponse uncached(HttpResponse response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse error_answer(int status, std::string_view message, std::string_view type) {
  return uncached(json_answer(status, {{"error", json::Object{{"message", message}, {"type", type}}}}));
}

HttpResponse method_not_allowed(std::string allow) {
  HttpResponse response = text_answer(405, "Method Not Allowed");
  response.headers.emplace_back("Allow", std::move(allow));
  return response;
}

HttpResponse ready(const HttpRequest& request, const Health& health, Authenticator& authenticator) {
  json::Object body{{"ready", health.is_ready}};
  if (is_local(request) || authenticator.check_bearer(request).is_ok) {
    body.emplace("failing", json::Array(health.failing.begin(), health.failing.end()));
    body.emplace("uptimeMs", health.uptime.count());
  }
  return json_answer(health.is_ready ? 200 : 503, body);
}

HttpResponse startup(const Health& health) {
  const bool is_started = health.phase == Phase::Started;
  json::Object body{{"ok", is_started},
                    {"status", is_started                        ? "started"
                               : health.phase == Phase::Starting ? "starting"
                                                                 : "draining"},
                    {"version", health.version},
                    {"uptimeMs", health.uptime.count()}};
  if (health.phase == Phase::Starting && !health.pending_reason.empty()) {
    body.emplace("pendingReason", health.pending_reason);
  }
  return json_answer(is_started ? 200 : 503, body);
}

HttpResponse control_ui_config(const HttpRequest& request, const Health& health, const config::Config& config,
                               Authenticator& authenticator) {
  const BearerCheck bearer = authenticator.check_bearer(request);
  if (bearer.locked_for) {
    auto response =
        error_answer(429, "Too many failed authentication attempts. Please try again later.", "rate_limited");
    const auto wait_s = (*bearer.locked_for + kSecond - Millis{1}) / kSecond;
    response.headers.emplace_back("Retry-After", std::to_string(wait_s));
    return response;
  }
  if (!bearer.is_ok) return error_answer(401, "Unauthorized", "unauthorized");
  return uncached(json_answer(200, {{"basePath", ""},
                                    {"assistantName", "Assistant"},
                                    {"assistantAvatar", "A"},
                                    {"assistantAgentId", config.default_agent},
                                    {"serverVersion", health.version}}));
}

enum class Route { Health, Ready, Startup, ControlUiConfig, None };

Route route_of(std::string_view path) {
  if (path == "/health" || path == "/healthz") return Route::Health;
  if (path == "/ready" || path == "/readyz") return Route::Ready;
  if (path == "/startup" || path == "/startupz") return Route::Startup;
  if (path == "/control-ui-config.json" || path == "/__openclaw/control-ui-config.json")
    return Route::ControlUiConfig;
  return Route::None;
}

HttpResponse respond(Route route, const HttpRequest& request, const Health& health,
                     const config::Config& config, Authenticator& authenticator) {
  switch (route) {
    case Route::Health:
      return uncached(json_answer(200, {{"ok", true}, {"status", "live"}}));
    case Route::Ready:
      return uncached(ready(request, health, authenticator));
    case Route::Startup:
      return uncached(startup(health));
    case Route::ControlUiConfig:
      return control_ui_config(request, health, config, authenticator);
    case Route::None:
      break;
  }
  return text_answer(404, "Not Found");
}

}  // namespace

HttpResponse json_answer(int status, const json::Object& body) {
  return with_common_headers(status, "application/json; charset=utf-8", json::serialize(body));
}

HttpResponse text_answer(int status, std::string body) {
  return with_common_headers(status, "text/plain; charset=utf-8", std::move(body));
}

HttpResponse answer(const HttpRequest& request, const Health& health, const config::Config& config,
                    Authenticator& authenticator) {
  const Route route = route_of(path_of(request));
  const bool is_head = request.method == "HEAD";
  if (route != Route::None && request.method != "GET" && !is_head) return method_not_allowed("GET, HEAD");
  HttpResponse response = respond(route, request, health, config, authenticator);
  if (is_head) response.body.clear();
  return response;
}

}  // namespace gw::rpc
