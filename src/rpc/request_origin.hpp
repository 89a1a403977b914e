#pragma once

#include <cstdint>
#include <optional>

#include "config/config.hpp"
#include "ports/connection.hpp"

/// What the head of a request says about where it comes from.
namespace gw::rpc {

/// The peer is on this machine and did not come through a proxy. The `Host` header does not matter.
bool is_local(const HttpRequest& request);

/// Nothing when the upgrade may go on. A request with proxy headers is refused with 403: no proxy is trusted
/// in this release, so nobody can say whose request it really is.
std::optional<HttpResponse> refuse_upgrade(const HttpRequest& request);

enum class OriginVerdict { Allowed, NotAllowed, Unreadable };

/// Whether the page behind the `Origin` header may open a connection: a loopback page from this machine, or
/// one of `gateway.controlUi.allowedOrigins`, to which the two loopback names of our own port belong.
OriginVerdict check_origin(const HttpRequest& request, const config::Config& config, std::uint16_t own_port);

/// There is an `Origin` header, and it names another machine.
bool is_foreign_page(const HttpRequest& request);

}  // namespace gw::rpc
