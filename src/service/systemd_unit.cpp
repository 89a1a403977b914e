#include "service/systemd_unit.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "platform/command_words.hpp"

namespace gw::service {
namespace {

constexpr std::string_view kUnitSection = R"(After=network-online.target
Wants=network-online.target
StartLimitBurst=10
StartLimitIntervalSec=300
)";

constexpr std::string_view kServiceSection = R"(Type=notify
NotifyAccess=main
Restart=always
RestartSec=5
RestartPreventExitStatus=78
SuccessExitStatus=0 143
TimeoutStartSec=30
TimeoutStopSec=330
WatchdogSec=60
KillMode=mixed
OOMPolicy=continue
UMask=0077
LimitNOFILE=16384
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
)";

// A user manager may not set these up; an agent's tools need the home directory, so it stays writable.
constexpr std::string_view kSystemScope = R"(ProtectSystem=full
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
)";

constexpr std::array<std::string_view, 6> kSecretWords{"token",  "password", "passwd",
                                                       "secret", "key",      "credential"};
// Of other variables it cannot be known what they hold.
constexpr std::array<std::string_view, 4> kPlainNames{"HOME", "PATH", "TMPDIR", "LANG"};

/// Whether the value of a variable of that name may be kept in a copy.
bool is_plain_name(std::string_view name) {
  const bool is_ours = name.starts_with("OPENCLAW_") && !is_secret_name(name);
  return is_ours || std::ranges::find(kPlainNames, name) != kPlainNames.end();
}

/// A value that systemd does not split into words: only `%` means something there.
Result<std::string> rest_of_line(std::string_view text) {
  auto word = quoted_word(text);  // For what it refuses.
  if (!word) return word;
  std::string out;
  for (const char c : text) out += c == '%' ? std::string("%%") : std::string(1, c);
  return out;
}

Result<std::string> command_line(const std::vector<std::string>& words) {
  // systemd refuses such a path, however it is quoted, and takes a dollar sign in it for itself.
  if (words.front().find_first_of("\"'\\") != std::string::npos) {
    return fail(Code::InvalidRequest,
                "a program with \", ' or \\ in its path cannot be a service: " + words.front());
  }
  std::string line;
  for (const std::string& word : words) {
    auto text = line.empty() ? quoted_word(word) : quoted_argument(word);
    if (!text) return text;
    line += (line.empty() ? "" : " ") + *text;
  }
  return line;
}

}  // namespace

Result<std::string> render_unit(const Definition& definition, Scope scope) {
  auto command = command_line(definition.command);
  if (!command) return command;
  std::string text = "[Unit]\nDescription=" + definition.description + "\n" + std::string(kUnitSection);
  text += "\n[Service]\nExecStart=" + *command + "\n" + std::string(kServiceSection);
  if (scope == Scope::System) {
    if (!definition.user.empty()) text += "User=" + definition.user + "\n";
    text += kSystemScope;
  }
  for (const auto& [name, value] : definition.environment) {
    auto assignment = quoted_word(name + "=" + value);
    if (!assignment) return assignment;
    text += "Environment=" + *assignment + "\n";
  }
  if (!definition.environment_file.empty()) {
    // systemd takes it for a pattern.
    if (definition.environment_file.string().find_first_of("*?[]\\") != std::string::npos) {
      return fail(Code::InvalidRequest,
                  "a state directory with *, ?, [, ] or \\ in its name cannot have a service: " +
                      definition.environment_file.parent_path().string());
    }
    auto file = rest_of_line(definition.environment_file.string());
    if (!file) return file;
    text += "EnvironmentFile=-" + *file + "\n";
  }
  text += "\n[Install]\nWantedBy=";
  text += scope == Scope::System ? "multi-user.target" : "default.target";
  return text + "\n";
}

Definition read_unit(const std::vector<Directive>& unit) {
  Definition read;
  read.description = value_of(unit, "Unit", "Description").value_or("");
  read.user = value_of(unit, "Service", "User").value_or("");
  for (std::string& word : split_words(value_of(unit, "Service", "ExecStart").value_or(""))) {
    for (std::size_t at = 0; !read.command.empty() && (at = word.find("$$", at)) != std::string::npos; ++at)
      word.erase(at, 1);
    read.command.push_back(std::move(word));
  }
  for (const std::string& value : values_of(unit, "Service", "Environment")) {
    for (const std::string& word : split_words(value)) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) continue;
      std::erase_if(read.environment,
                    [&](const auto& entry) { return entry.first == word.substr(0, equals); });
      read.environment.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  const std::string file = value_of(unit, "Service", "EnvironmentFile").value_or("");
  read.environment_file = file.starts_with('-') ? file.substr(1) : file;
  return read;
}

bool is_secret_name(std::string_view name) {
  const std::string lower = lower_ascii(name);
  return std::ranges::any_of(kSecretWords,
                             [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::string without_secrets(std::string_view text) {
  std::string out =
      "# What was in the unit before, without comments and without anything that may be a secret.\n";
  std::string section;
  for (const Directive& directive : parse_unit(text)) {
    if (directive.section != section) out += "\n[" + (section = directive.section) + "]\n";
    if (directive.key.starts_with("Exec")) {
      std::string words;
      for (const std::string& word : platform::without_secrets(split_words(directive.value)))
        words += (words.empty() ? "" : " ") + word;
      out += directive.key + "=" + words + "\n";
    } else if (directive.key == "Environment") {
      for (const std::string& word : split_words(directive.value)) {
        if (is_plain_name(word.substr(0, word.find('=')))) out += "Environment=" + word + "\n";
      }
    } else if (!directive.key.starts_with("SetCredential")) {
      out += directive.key + "=" + directive.value + "\n";
    }
  }
  return out;
}

}  // namespace gw::service
