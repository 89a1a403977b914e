#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "config/config.hpp"
#include "config/secret_refs.hpp"
#include "json/value.hpp"

namespace gw::config {

/// What stands in place of a secret that was shown to somebody; refused as a secret itself.
inline constexpr std::string_view kRedacted = "__OPENCLAW_REDACTED__";

/// Blank, `undefined`, `null`, or what is shown in place of a secret: never usable as one.
bool is_placeholder(std::string_view text);

/// Whether a secret's value stands elsewhere: an object, or nothing but `$NAME` or `${NAME}`.
bool is_reference(const json::Value& value);

/// What the providers of the file answered, by provider.
using KnownSecrets = std::map<std::string, SecretAnswers>;

/// Turns texts of the file into what they stand for: `${NAME}` and secret references. A reference that cannot
/// be followed is an issue and never falls back to another source.
class Resolver {
 public:
  /// All four must outlive the resolver. A variable is looked up in `environment`, then in the file's `env`
  /// block.
  Resolver(const Environment& environment, const json::Object& root, const KnownSecrets& known,
           std::vector<Issue>& issues)
      : environment_(environment), root_(root), known_(known), issues_(issues) {}

  /// `text` with `${NAME}` filled in and `$${NAME}` turned into `${NAME}`; nothing after an issue.
  std::optional<std::string> text(std::string_view text, const std::string& path);

  /// A text, `$NAME`, or `{source, provider, id}`; empty after an issue, and when the provider has yet to be
  /// asked. Without white space around it.
  Secret secret(const json::Value& value, const std::string& path);

  /// A credential from the environment variable `name`; empty when it is unset or blank.
  Secret secret_variable(const std::string& name, const std::string& path);

  /// What has to be asked before the references at or below `path` can be followed; all for an empty path.
  std::vector<SecretQuery> queries_below(std::string_view path);

  /// The variables that were asked for, sorted, each once.
  std::vector<std::string> variables() const { return {asked_.begin(), asked_.end()}; }

 private:
  std::optional<std::string> variable(const std::string& name) const;
  std::optional<std::string> required_variable(const std::string& name, const std::string& path);
  std::optional<std::string> reference(const json::Object& object, const std::string& path);
  std::optional<std::string> answer_of_provider(const SecretRef& ref, const std::string& path);
  json::Value filled(const json::Value& value, const std::string& path);
  Secret usable(std::string_view text, const std::string& path);
  void issue(const std::string& path, std::string text) { issues_.push_back({path, std::move(text)}); }

  const Environment& environment_;
  const json::Object& root_;
  const KnownSecrets& known_;
  std::vector<Issue>& issues_;
  std::vector<std::pair<std::string, SecretRef>> unknown_;  // With the path of the file where each stands.
  std::set<std::string> asked_;
};

}  // namespace gw::config
