#include "service/other_services.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "platform/private_file.hpp"
#include "service/systemd_unit.hpp"

namespace gw::service {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnitsMax = 2'000;  // Of one directory: a start directory has some hundred.
constexpr std::array<std::string_view, 3> kSystemUnitDirs{"/etc/systemd/system", "/usr/lib/systemd/system",
                                                          "/lib/systemd/system"};

/// The unit of the default profile or of a named one.
bool is_profile_unit(std::string_view unit) {
  return unit == "openclaw-gateway.service" || unit.starts_with("openclaw-gateway-");
}

std::string marker_of(const Definition& definition) {
  std::string all;
  for (const std::string& word : definition.command) all += word + " ";
  for (const auto& [name, value] : definition.environment) all += name + "=" + value + " ";
  all = lower_ascii(all);
  for (const char* marker : {"clawdbot", "openclaw"}) {
    if (all.find(marker) != std::string::npos) return marker;
  }
  return {};
}

void scan(const fs::path& dir, Scope scope, const std::string& own_unit, std::vector<OtherService>& found) {
  std::error_code error;
  std::size_t seen = 0;
  for (fs::directory_iterator at(dir, error), end; !error && at != end && seen < kUnitsMax;
       at.increment(error), ++seen) {
    const std::string unit = at->path().filename().string();
    if (!unit.ends_with(".service") || unit == own_unit || is_profile_unit(unit)) continue;
    const auto text = platform::read_small_file(at->path());
    if (!text) continue;
    const Definition definition = read_unit(parse_unit(*text));
    const bool starts_gateway = std::ranges::find(definition.command, "gateway") != definition.command.end();
    std::string marker = starts_gateway ? marker_of(definition) : std::string();
    if (marker.empty()) continue;
    const bool is_legacy = marker == "clawdbot";
    found.push_back({unit, at->path(), scope, std::move(marker), is_legacy});
  }
}

}  // namespace

std::vector<OtherService> other_services(const fs::path& user_units, const std::string& own_unit,
                                         bool looks_deep) {
  std::vector<OtherService> found;
  scan(user_units, Scope::User, own_unit, found);
  if (looks_deep) {
    for (const std::string_view dir : kSystemUnitDirs) scan(dir, Scope::System, own_unit, found);
  }
  // /lib is often a link to /usr/lib: the same unit is one.
  std::ranges::sort(found, {}, &OtherService::unit);
  const auto is_same = [](const OtherService& a, const OtherService& b) {
    return a.unit == b.unit && a.scope == b.scope;
  };
  const auto rest = std::ranges::unique(found, is_same);
  found.erase(rest.begin(), rest.end());
  return found;
}

}  // namespace gw::service
