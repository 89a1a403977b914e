#include <optional>

#include "base/text.hpp"
#include "config/read.hpp"
#include "config/schema.hpp"
#include "config/validate.hpp"

namespace gw::config {
namespace {

constexpr std::string_view kSupportedApi = "openai-completions";

std::string table_path(std::string_view name) { return "models.providers.*." + std::string(name); }

/// One provider of the file and where it stands.
struct Source {
  const json::Object& object;
  std::string path;  // `models.providers.<id>`.

  const json::Value* valid(std::string_view name) const {
    return valid_member(object, name, table_path(name));
  }
};

std::string trimmed_text(const json::Value& value) {
  return std::string(trimmed(json::view(value.get_string())));
}

void read_base_url(Reading& reading, const Source& source, ProviderEntry& entry) {
  const std::string path = source.path + ".baseUrl";
  if (!source.object.contains("baseUrl")) {
    reading.issues.push_back({path, "a provider needs the URL of its API"});
    return;
  }
  const json::Value* given = source.valid("baseUrl");
  const auto url = given ? reading.resolver.text(trimmed_text(*given), path) : std::nullopt;
  if (!url) return;
  if (!url->starts_with("http://") && !url->starts_with("https://")) {
    reading.issues.push_back({path, "expected a URL that begins with http:// or https://"});
    return;
  }
  entry.base_url = *url;
}

void read_api(Reading& reading, const Source& source, ProviderEntry& entry) {
  entry.api = kSupportedApi;
  const json::Value* api = source.valid("api");
  if (!api || trimmed_text(*api) == kSupportedApi) return;
  reading.issues.push_back({source.path + ".api", "\"" + trimmed_text(*api) +
                                                      "\" is not supported in this release: use \"" +
                                                      std::string(kSupportedApi) + "\""});
}

void read_headers(Reading& reading, const Source& source, ProviderEntry& entry) {
  const json::Object* headers = json::object_at(source.object, "headers");
  if (!headers) return;
  for (const auto& header : *headers) {
    const std::string name(header.key().data(), header.key().size());
    if (const json::Value* value = valid_member(*headers, name, table_path("headers.*"))) {
      entry.headers.emplace_back(name, reading.resolver.secret(*value, source.path + ".headers." + name));
    }
  }
}

std::int64_t number_of(const json::Object& model, std::string_view name) {
  const json::Value* value = valid_member(model, name, table_path("models.*." + std::string(name)));
  return value ? *whole_number(*value) : 0;
}

void read_models(Reading& reading, const Source& source, ProviderEntry& entry) {
  const json::Value* models = source.valid("models");
  if (!models) return;
  for (std::size_t i = 0; i < models->get_array().size(); ++i) {
    const json::Object* model = models->get_array()[i].if_object();
    if (!model) continue;
    const json::Value* id = valid_member(*model, "id", table_path("models.*.id"));
    if (!id) {
      if (!model->contains("id")) {
        reading.issues.push_back(
            {source.path + ".models." + std::to_string(i) + ".id", "expected a text that is not blank"});
      }
      continue;
    }
    ModelEntry read;
    read.id = trimmed_text(*id);
    const json::Value* name = valid_member(*model, "name", table_path("models.*.name"));
    read.name = name ? trimmed_text(*name) : read.id;
    read.reasoning = json::bool_or(*model, "reasoning", false);
    read.context_window = number_of(*model, "contextWindow");
    read.max_tokens = number_of(*model, "maxTokens");
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
    const Source source{*object, "models.providers." + entry.id};
    read_base_url(reading, source, entry);
    read_api(reading, source, entry);
    read_headers(reading, source, entry);
    read_models(reading, source, entry);
    if (const json::Value* key = source.valid("apiKey")) {
      entry.api_key = reading.resolver.secret(*key, source.path + ".apiKey");
    }
    if (const json::Value* seconds = source.valid("timeoutSeconds")) {
      entry.timeout = Millis{*whole_number(*seconds) * 1000};
    }
    reading.config.providers.push_back(std::move(entry));
  }
}

}  // namespace gw::config
