#include "config/last_good.hpp"

#include "config/secrets.hpp"
#include "config/validate.hpp"
#include "json/json5.hpp"

namespace gw::config {
namespace {

constexpr std::size_t kComparedBytesMin = 512;  // A smaller file may well lose half of itself.

bool has_mode(const json::Object& root) {
  const json::Object* gateway = json::object_at(root, "gateway");
  return gateway && (gateway->contains("mode") || gateway->contains("$include"));
}

}  // namespace

bool is_worth_keeping(const Config& config) { return config.file_exists && !config.raw.contains(kRedacted); }

std::vector<std::string> anomalies(const Config& config, std::string_view last_good) {
  std::vector<std::string> all;
  const json::Object* now = config.source.if_object();
  if (!now || last_good.empty()) return all;
  if (last_good.size() >= kComparedBytesMin && config.raw.size() * 2 < last_good.size()) {
    all.push_back("it has " + std::to_string(config.raw.size()) + " bytes, the last good one " +
                  std::to_string(last_good.size()));
  }
  const auto parsed = json::parse_json5(last_good);
  const json::Object* before = parsed ? parsed->if_object() : nullptr;
  if (before && before->contains("meta") && !now->contains("meta")) all.emplace_back("meta is gone");
  if (before && has_mode(*before) && config.mode.empty()) all.emplace_back("gateway.mode is gone");
  return all;
}

}  // namespace gw::config
