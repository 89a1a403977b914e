#include "json/read.hpp"
#include "rpc/methods/services.hpp"
#include "rpc/stability.hpp"

namespace gw::rpc {
namespace {

constexpr std::int64_t kLimitDefault = 50;
constexpr std::size_t kTypeBytesMax = 64;

void stability(Services& services, Call call) {
  json::Reader reader(call.params);
  StabilityRing::Query query;
  query.limit = static_cast<std::size_t>(
      reader.optional_int("limit", 1, StabilityRing::kCapacity).value_or(kLimitDefault));
  query.type = reader.optional_text("type", kTypeBytesMax).value_or("");
  query.since_seq = reader.optional_int("sinceSeq", 0, INT64_MAX).value_or(0);
  if (auto read = reader.finish(); !read) {
    return call.respond.error(invalid_params("diagnostics.stability", read.error()));
  }
  call.respond.ok(services.stability.snapshot(query));
}

}  // namespace

void add_stability_methods(MethodTable& table, Services& services) {
  table.add({.name = "diagnostics.stability",
             .scope = Scope::Read,
             .help = "What happened to this generation lately: starts, restarts, delays, warnings, errors.",
             .handle = [&services](Call call) { stability(services, std::move(call)); }});
}

}  // namespace gw::rpc
