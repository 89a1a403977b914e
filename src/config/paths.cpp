#include "config/paths.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gw::config {
namespace {

constexpr std::size_t kProfileCharsMax = 64;

// The variable's value without white space around it; a blank one counts as unset.
std::optional<std::string> variable(const Environment& environment, const std::string& name) {
  auto value = environment(name);
  if (!value || trimmed(*value).empty()) return std::nullopt;
  return std::string(trimmed(*value));
}

std::optional<std::string> home_directory(const Environment& environment) {
  for (const char* name : {"OPENCLAW_HOME", "HOME", "USERPROFILE"}) {
    if (auto value = variable(environment, name)) return value;
  }
  return std::nullopt;
}

bool is_profile_name(std::string_view name) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kProfileCharsMax && alphanumeric(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return alphanumeric(c) || c == '_' || c == '-'; });
}

// Empty for the default profile.
Result<std::string> profile_name(std::string_view given) {
  const std::string lower = lower_ascii(given);
  if (lower.empty() || lower == "default") return std::string();
  if (is_profile_name(lower)) return std::string(given);
  return fail(Code::InvalidRequest,
              "profile name '" + std::string(cut_utf8(given, 80)) +
                  "' is not usable: at most 64 letters, digits, '-' and '_', beginning with a "
                  "letter or digit");
}

std::filesystem::path default_state_dir(const std::string& profile, const Environment& environment) {
  return expand_home(profile.empty() ? "~/.openclaw" : "~/.openclaw-" + profile, environment);
}

}  // namespace

std::filesystem::path expand_home(std::string_view text, const Environment& environment) {
  if (text != "~" && !text.starts_with("~/")) return text;
  const auto home = home_directory(environment);
  if (!home) return text;
  if (text == "~") return *home;
  return std::filesystem::path(*home) / text.substr(2);
}

Result<Paths> resolve_paths(const Environment& environment, const std::string& profile) {
  const std::string inherited = variable(environment, "OPENCLAW_PROFILE").value_or("");
  auto name = profile_name(profile.empty() ? inherited : profile);
  if (!name) return std::unexpected(std::move(name).error());

  auto state = variable(environment, "OPENCLAW_STATE_DIR");
  auto file = variable(environment, "OPENCLAW_CONFIG_PATH");
  // An agent inside a gateway of another profile passes that profile's locations on; they are not meant for
  // this one.
  if (const auto other = profile_name(inherited);
      !profile.empty() && !inherited.empty() && other && *other != *name) {
    const auto others = default_state_dir(*other, environment);
    if (state && expand_home(*state, environment) == others) state.reset();
    if (file && expand_home(*file, environment) == others / "openclaw.json") file.reset();
  }

  if (!state && !home_directory(environment)) {
    return fail(Code::InvalidRequest, "no home directory is known: set HOME or OPENCLAW_STATE_DIR");
  }
  Paths paths;
  paths.profile = *name;
  paths.state_dir = state ? expand_home(*state, environment) : default_state_dir(*name, environment);
  paths.config_file = file ? expand_home(*file, environment) : paths.state_dir / "openclaw.json";
  return paths;
}

}  // namespace gw::config
