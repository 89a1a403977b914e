#include "rpc/request_origin.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "rpc/http_endpoints.hpp"

namespace gw::rpc {
namespace {

bool has_proxy_header(const HttpRequest& request) {
  return std::ranges::any_of(request.headers, [](const auto& header) {
    return header.first == "forwarded" || header.first == "x-real-ip" ||
           header.first.starts_with("x-forwarded-");
  });
}

/// The host of `scheme://host[:port]` in lower case, brackets of an IPv6 address included; empty when it is
/// no origin.
std::string host_of(std::string_view origin) {
  const std::size_t colon = origin.find("://");
  if (colon == std::string_view::npos || colon == 0) return {};
  std::string_view rest = origin.substr(colon + 3);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) return {};
  const std::size_t bracket = rest.find(']');
  const std::size_t port = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return lower_ascii(rest.substr(0, port));
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// As two origins are compared: lower case, no slash at the end.
std::string normalized(std::string_view origin) {
  origin = trimmed(origin);
  if (origin.ends_with('/')) origin.remove_suffix(1);
  return lower_ascii(origin);
}

bool is_listed(std::string_view origin, const config::Config& config, std::uint16_t own_port) {
  const std::string wanted = normalized(origin);
  const std::string port = ":" + std::to_string(own_port);
  if (wanted == "http://localhost" + port || wanted == "http://127.0.0.1" + port) return true;
  return std::ranges::any_of(config.allowed_origins,
                             [&](const auto& one) { return normalized(one) == wanted; });
}

}  // namespace

bool is_local(const HttpRequest& request) { return request.peer_is_loopback && !has_proxy_header(request); }

std::optional<HttpResponse> refuse_upgrade(const HttpRequest& request) {
  if (!has_proxy_header(request)) return std::nullopt;
  return json_answer(
      403, json::Object{{"error", json::Object{{"message",
                                                "Proxy client attribution is required. This gateway trusts "
                                                "no proxy; connect to it directly."},
                                               {"type", "proxy_attribution_required"}}}});
}

OriginVerdict check_origin(const HttpRequest& request, const config::Config& config, std::uint16_t own_port) {
  const std::string_view origin = trimmed(request.header("origin"));
  const std::string host = host_of(origin);
  if (host.empty()) return OriginVerdict::Unreadable;
  const bool is_allowed =
      (is_local(request) && is_loopback_host(host)) || is_listed(origin, config, own_port);
  return is_allowed ? OriginVerdict::Allowed : OriginVerdict::NotAllowed;
}

bool is_foreign_page(const HttpRequest& request) {
  const std::string_view origin = trimmed(request.header("origin"));
  return !origin.empty() && !is_loopback_host(host_of(origin));
}

}  // namespace gw::rpc
