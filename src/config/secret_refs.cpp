#include "config/secret_refs.hpp"

#include <algorithm>

#include "config/validate.hpp"
#include "config/values.hpp"

namespace gw::config {
namespace {

constexpr std::size_t kIdCharsMax = 1'024;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_provider_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && is_lower(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; });
}

bool is_env_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && is_upper(id.front()) &&
         std::ranges::all_of(id, [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
}

// RFC 6901: `/` before each name, and `~` only as `~0` or `~1`.
bool is_pointer(std::string_view id) {
  if (!id.starts_with('/') || id.size() > kIdCharsMax) return false;
  for (std::size_t at = 0; (at = id.find('~', at)) != std::string_view::npos; ++at) {
    if (at + 1 == id.size() || (id[at + 1] != '0' && id[at + 1] != '1')) return false;
  }
  return true;
}

bool is_exec_id(std::string_view id) {
  const auto word = [](char c) { return is_lower(c) || is_upper(c) || is_digit(c); };
  const auto inside = [&](char c) { return word(c) || std::string_view("._:/#-").contains(c); };
  if (id.empty() || id.size() > 256 || !word(id.front()) || !std::ranges::all_of(id, inside)) return false;
  while (!id.empty()) {
    const std::size_t slash = std::min(id.find('/'), id.size());
    const std::string_view segment = id.substr(0, slash);
    if (segment == "." || segment == "..") return false;
    id.remove_prefix(std::min(id.size(), slash + 1));
  }
  return true;
}

std::unexpected<Error> wrong(std::string why) { return fail(Code::InvalidRequest, std::move(why)); }

Result<void> check_id(const SecretRef& ref, const json::Object* definition) {
  if (ref.source == "env" && !is_env_id(ref.id)) {
    return wrong("the id of a reference with source \"env\" must name an environment variable");
  }
  if (ref.source == "exec" && !is_exec_id(ref.id)) {
    return wrong(
        "the id of a reference with source \"exec\" has up to 256 of A-Z a-z 0-9 . _ : / # -, begins with "
        "a letter or digit and has no \".\" or \"..\" between slashes");
  }
  if (ref.source != "file") return {};
  const bool is_single = Values(*definition, "secrets.providers.*").text("mode") == "singleValue";
  if (is_single && ref.id != "value") {
    return wrong("the id must be \"value\": the provider \"" + ref.provider + "\" has mode \"singleValue\"");
  }
  if (!is_single && !is_pointer(ref.id)) {
    return wrong("the id of a reference with source \"file\" is a JSON pointer, like \"/gateway/token\"");
  }
  return {};
}

Result<void> check_definition(const SecretRef& ref, const json::Object* definition) {
  const std::string name = "\"" + ref.provider + "\"";
  if (!definition) {
    // The environment needs no provider of its own.
    if (ref.source == "env" && ref.provider == "default") return {};
    return wrong("the provider " + name + " is not configured: add secrets.providers." + ref.provider);
  }
  const std::string_view source = json::text_or(*definition, "source");
  if (source != ref.source) {
    return wrong("the provider " + name + " has source \"" + std::string(source) + "\", the reference \"" +
                 ref.source + "\"");
  }
  const std::string_view needs = source == "file" ? "path" : source == "exec" ? "command" : "";
  if (!needs.empty() && json::text_or(*definition, needs).empty()) {
    return wrong("the provider " + name + " has no " + std::string(needs));
  }
  const json::Array* allowed = json::array_at(*definition, "allowlist");
  if (source == "env" && allowed && std::ranges::find(*allowed, json::Value(ref.id)) == allowed->end()) {
    return wrong("the variable is not on the allowlist of the provider " + name);
  }
  return {};
}

}  // namespace

const json::Object* provider_definition(const json::Object& root, std::string_view name) {
  const json::Object* providers = object_at_path(root, "secrets.providers");
  return providers ? json::object_at(*providers, name) : nullptr;
}

Result<SecretRef> read_reference(const json::Object& object, const json::Object& root) {
  SecretRef ref{std::string(json::text_or(object, "source")), std::string(json::text_or(object, "provider")),
                std::string(json::text_or(object, "id"))};
  const bool has_source = ref.source == "env" || ref.source == "file" || ref.source == "exec";
  const bool has_others = std::ranges::any_of(object, [](const auto& member) {
    return member.key() != "source" && member.key() != "provider" && member.key() != "id";
  });
  if (!has_source || ref.id.empty() || has_others) {
    return wrong(
        "expected a secret reference {source, provider, id} whose source is \"env\", \"file\" or \"exec\"");
  }
  if (ref.provider.empty()) {
    ref.provider = Values(root).text("secrets.defaults." + ref.source);
  }
  if (!is_provider_name(ref.provider)) {
    return wrong("the name of a provider has up to 64 of a-z 0-9 _ - and begins with a small letter");
  }
  const json::Object* definition = provider_definition(root, ref.provider);
  if (auto good = check_definition(ref, definition); !good) return std::unexpected(std::move(good).error());
  if (auto good = check_id(ref, definition); !good) return std::unexpected(std::move(good).error());
  return ref;
}

}  // namespace gw::config
