#include <optional>

#include "config/read.hpp"
#include "config/validate.hpp"

namespace gw::config {
namespace {

constexpr std::string_view kSupportedApi = "openai-completions";

/// One provider of the file and where it stands.
struct Source {
  const json::Object& object;
  std::string path;  // `models.providers.<id>`.
  Values values;
};

void read_base_url(Reading& reading, const Source& source, ProviderEntry& entry) {
  const std::string path = source.path + ".baseUrl";
  const std::string given = source.values.text("baseUrl");
  const auto url = given.empty() ? std::nullopt : reading.resolver.text(given, path);
  if (!url) return;
  if (!url->starts_with("http://") && !url->starts_with("https://")) {
    reading.issues.push_back({path, "expected a URL that begins with http:// or https://"});
    return;
  }
  entry.base_url = *url;
}

void read_api(Reading& reading, const Source& source, ProviderEntry& entry) {
  entry.api = source.values.text("api");
  if (entry.api == kSupportedApi) return;
  reading.issues.push_back(
      {source.path + ".api",
       "\"" + entry.api + "\" is not supported in this release: use \"" + std::string(kSupportedApi) + "\""});
}

void read_headers(Reading& reading, const Source& source, ProviderEntry& entry) {
  const json::Object* headers = json::object_at(source.object, "headers");
  if (!headers) return;
  for (const auto& header : *headers) {
    const std::string name(header.key().data(), header.key().size());
    if (!header.value().is_string() && !header.value().is_object()) continue;
    entry.headers.emplace_back(name,
                               reading.resolver.secret(header.value(), source.path + ".headers." + name));
  }
}

void read_models(const Source& source, ProviderEntry& entry) {
  const json::Value models = source.values.at("models");
  for (const json::Value& item : models.get_array()) {
    const json::Object* model = item.if_object();
    if (!model) continue;
    const Values values(*model, "models.providers.*.models.*");
    ModelEntry read;
    read.id = values.text("id");
    if (read.id.empty()) continue;
    read.name = values.text("name");
    if (read.name.empty()) read.name = read.id;
    read.reasoning = values.flag("reasoning");
    read.context_window = values.number("contextWindow");
    read.max_tokens = values.number("maxTokens");
    entry.models.push_back(std::move(read));
  }
}

}  // namespace

void read_providers(Reading& reading) {
  const json::Object* providers = object_at_path(reading.root, "models.providers");
  if (!providers) return;
  for (const auto& member : *providers) {
    const json::Object* object = member.value().if_object();
    if (!object) continue;
    ProviderEntry entry;
    entry.id = std::string(member.key().data(), member.key().size());
    const Source source{*object, "models.providers." + entry.id, Values(*object, "models.providers.*")};
    read_base_url(reading, source, entry);
    read_api(reading, source, entry);
    read_headers(reading, source, entry);
    read_models(source, entry);
    if (const json::Value* key = source.values.given("apiKey")) {
      entry.api_key = reading.resolver.secret(*key, source.path + ".apiKey");
    }
    entry.timeout = Millis{source.values.number("timeoutSeconds") * 1000};
    reading.config.providers.push_back(std::move(entry));
  }
}

}  // namespace gw::config
