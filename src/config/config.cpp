#include "config/config.hpp"

#include <fstream>
#include <optional>
#include <system_error>

#include "config/read.hpp"
#include "config/validate.hpp"
#include "crypto/digest.hpp"
#include "json/json5.hpp"

namespace gw::config {
namespace {

// The whole file; nothing when there is none.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path) {
  const auto cannot = [&](const std::string& why) {
    return fail(Code::Unavailable, "could not read " + path.string() + ": " + why);
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return std::nullopt;
  if (error) return cannot(error.message());
  if (status.type() != std::filesystem::file_type::regular) return cannot("not a regular file");

  std::ifstream file(path, std::ios::binary);
  if (!file) return cannot("it cannot be opened");
  std::string text(kConfigBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return cannot("reading failed");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kConfigBytesMax)
    return cannot("larger than " + std::to_string(kConfigBytesMax) + " bytes");
  return text;
}

void read_root(Loaded& loaded, const json::Object& root, const Paths& paths, const Environment& environment) {
  Findings findings = validate(root);
  loaded.config.ignored = std::move(findings.ignored);
  loaded.issues.insert(loaded.issues.end(), findings.issues.begin(), findings.issues.end());

  Resolver resolver(environment, root, loaded.issues);
  Reading reading{root, paths, environment, resolver, loaded.issues, loaded.config};
  read_gateway(reading);
  read_agents(reading);
  read_providers(reading);
  read_logging(reading);
  read_native(reading);
  loaded.config.environment_names = resolver.variables();
}

}  // namespace

Loaded check_text(std::string raw, const Paths& paths, const Environment& environment) {
  Loaded loaded;
  loaded.config.raw = std::move(raw);
  loaded.config.source = json::Object();
  if (auto parsed = json::parse_json5(loaded.config.raw); !parsed) {
    loaded.issues.push_back({"", std::move(parsed).error().message});
  } else if (!parsed->is_object()) {
    loaded.issues.push_back({"", "the file must hold an object"});
  } else {
    loaded.config.source = std::move(*parsed);
  }
  // After a syntax error, too: what the environment says still helps to reach a running gateway.
  const json::Object root = loaded.config.source.get_object();
  read_root(loaded, root, paths, environment);
  return loaded;
}

Result<Loaded> load(const Paths& paths, const Environment& environment) {
  auto text = read_file(paths.config_file);
  if (!text) return std::unexpected(std::move(text).error());
  Loaded loaded = check_text(text->value_or("{}"), paths, environment);
  loaded.config.file_exists = text->has_value();
  if (!text->has_value()) loaded.config.raw.clear();
  return loaded;
}

std::string hash_of(std::string_view raw) { return crypto::hex(crypto::sha256(raw)); }

}  // namespace gw::config
