#include "config/config.hpp"

#include <algorithm>

#include "config/env_files.hpp"
#include "config/includes.hpp"
#include "config/read.hpp"
#include "config/read_file.hpp"
#include "config/validate.hpp"
#include "crypto/digest.hpp"

namespace gw::config {
namespace {

constexpr std::size_t kPlacedIssuesMax = 50;  // Each takes a walk through the text.

/// One pass over the file's values. References to secrets that are not `known` stay empty; the resolver keeps
/// them.
std::vector<SecretQuery> read_root(Loaded& loaded, const json::Object& root, const Paths& paths,
                                   const Environment& environment, const KnownSecrets& known,
                                   std::string_view wanted_below) {
  Findings findings = validate(root);
  loaded.config.ignored = std::move(findings.ignored);
  loaded.issues.insert(loaded.issues.end(), findings.issues.begin(), findings.issues.end());

  Resolver resolver(environment, root, known, loaded.issues);
  Reading reading{root, Values(root), paths, environment, resolver, loaded.issues, loaded.config};
  read_gateway(reading);
  read_agents(reading);
  read_providers(reading);
  read_logging(reading);
  read_native(reading);
  auto queries = resolver.queries_below(wanted_below);
  loaded.config.environment_names = resolver.variables();
  return queries;
}

Loaded read_values(Loaded loaded, const Paths& paths, const Environment& environment,
                   const SecretAccess& access) {
  const json::Object root = loaded.config.source.get_object();
  Loaded first = loaded;
  const auto queries = read_root(first, root, paths, environment, {}, access.only_below);
  if (queries.empty() || !access.look_up) return first;
  // Which references count follows from other keys, so the file is read once more with the answers.
  KnownSecrets known;
  for (const SecretQuery& query : queries) known[query.provider] = access.look_up(query);
  (void)read_root(loaded, root, paths, environment, known, access.only_below);
  return loaded;
}

}  // namespace

Loaded check_text(std::string raw, const Paths& paths, const Environment& environment,
                  const SecretAccess& access, const FileTexts& instead) {
  Loaded loaded;
  Includes includes(paths, environment, instead);
  loaded.config.source = includes.read(raw, loaded.issues);
  loaded.config.files = includes.files();
  loaded.config.raw = std::move(raw);
  // After a syntax error, too: what the environment says still helps to reach a running gateway.
  loaded = read_values(std::move(loaded), paths, with_env_files(environment, paths.state_dir), access);
  for (std::size_t i = 0; i < std::min(loaded.issues.size(), kPlacedIssuesMax); ++i) {
    loaded.issues[i].place = includes.place_of(loaded.issues[i].path);
  }
  return loaded;
}

Config defaults() {
  return check_text("{}", {}, [](const std::string&) { return std::nullopt; }).config;
}

Result<Secret> secret_at(const Config& config, std::string_view path, const Environment& environment,
                         const SecretLookup& look_up) {
  const json::Object* root = config.source.if_object();
  const std::size_t dot = path.rfind('.');
  const json::Object* parent = root ? object_at_path(*root, path.substr(0, dot)) : nullptr;
  const json::Value* value = parent ? parent->if_contains(path.substr(dot + 1)) : nullptr;
  if (!value || !(value->is_object() || value->is_string())) return Secret();

  std::vector<Issue> issues;
  const auto read = [&](const KnownSecrets& known, std::vector<SecretQuery>* queries) {
    Resolver resolver(environment, *root, known, issues);
    Secret secret = resolver.secret(*value, std::string(path));
    if (queries) *queries = resolver.queries_below({});
    return secret;
  };
  std::vector<SecretQuery> queries;
  Secret secret = read({}, &queries);
  if (!queries.empty() && look_up && issues.empty()) {
    secret = read({{queries[0].provider, look_up(queries[0])}}, nullptr);
  }
  if (!issues.empty() && is_reference(*value)) return fail(Code::Unavailable, issues[0].message);
  if (!queries.empty() && !look_up) return fail(Code::Unavailable, "its provider is not asked here");
  return secret;
}

Result<Loaded> load(const Paths& paths, const Environment& environment, const SecretAccess& access) {
  auto text = read_whole_file(paths.config_file, kConfigBytesMax);
  if (!text) return std::unexpected(std::move(text).error());
  Loaded loaded = check_text(text->value_or("{}"), paths, environment, access);
  loaded.config.file_exists = text->has_value();
  if (!text->has_value()) loaded.config.raw.clear();
  return loaded;
}

std::string hash_of(std::string_view raw) { return crypto::hex(crypto::sha256(raw)); }

}  // namespace gw::config
