#include "service/drift.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.hpp"
#include "platform/command_words.hpp"
#include "service/systemd_unit.hpp"

namespace gw::service {
namespace {

struct Rule {
  std::string_view section;
  std::string_view key;
  std::string_view code;
  std::string_view why;
  bool is_grave;
};

constexpr auto kRules = std::to_array<Rule>({
    {"Unit", "After", "systemd-after-network-online", "it may start before there is a network", false},
    {"Unit", "Wants", "systemd-wants-network-online", "nothing waits for the network", false},
    {"Unit", "StartLimitBurst", "systemd-start-limit", "a crash loop is not bounded as meant", false},
    {"Unit", "StartLimitIntervalSec", "systemd-start-limit", "a crash loop is not bounded as meant", false},
    {"Service", "Type", "systemd-type", "systemd does not learn when the gateway serves, nor of its restarts",
     true},
    {"Service", "NotifyAccess", "systemd-type", "systemd does not learn when the gateway serves", true},
    {"Service", "Restart", "systemd-restart", "a gateway that dies stays down", true},
    {"Service", "RestartSec", "systemd-restart-sec", "starts after a failure are too close or too far apart",
     false},
    {"Service", "RestartPreventExitStatus", "systemd-restart-prevent",
     "a configuration that is refused is tried again and again", false},
    {"Service", "TimeoutStopSec", "systemd-stop-timeout", "a stop may cut running work: it may take 330 s",
     true},
    {"Service", "WatchdogSec", "systemd-watchdog", "a gateway that hangs is not noticed", false},
    {"Service", "OOMPolicy", "systemd-oom-policy", "a tool that runs out of memory takes the gateway with it",
     false},
    {"Service", "NoNewPrivileges", "systemd-hardening", "tools of an agent may gain privileges", false},
    {"Service", "UMask", "systemd-umask", "other users may read new files", false},
    {"Service", "LimitNOFILE", "systemd-open-files", "fewer connections fit than the gateway accepts", false},
});

std::string line(std::string_view key, const std::optional<std::string>& value) {
  return value ? std::string(key) + "=" + *value : std::string();
}

/// systemd's other spellings of yes and no, and of a number of seconds.
std::optional<std::string> normalised(const std::optional<std::string>& value) {
  if (!value) return value;
  std::string text = lower_ascii(*value);
  for (const char* yes : {"true", "on", "1"}) {
    if (text == yes) return "yes";
  }
  for (const char* no : {"false", "off", "0"}) {
    if (text == no) return "no";
  }
  const bool is_seconds =
      text.size() > 1 && text.ends_with('s') && text.find_first_not_of("0123456789") == text.size() - 1;
  if (is_seconds) text.pop_back();
  return text;
}

void compare_kill_mode(const std::vector<Directive>& found, std::vector<DriftIssue>& issues) {
  const auto mode = value_of(found, "Service", "KillMode");
  if (mode == "mixed") return;
  const bool is_group = !mode || *mode == "control-group";
  issues.push_back({is_group ? "systemd-kill-mode-control-group" : "systemd-kill-mode-process-or-none",
                    is_group ? "a stop ends running work at once instead of letting it finish"
                             : "a stop leaves processes behind",
                    line("KillMode", mode), "KillMode=mixed", true});
}

}  // namespace

std::vector<DriftIssue> command_drift(const Definition& found, const Definition& wanted,
                                      std::string_view key) {
  const auto shown = [&](const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : platform::without_secrets(words)) all += (all.empty() ? "" : " ") + word;
    return std::string(key) + all;
  };
  const auto issue = [&](const char* code, const char* why) {
    return std::vector<DriftIssue>{{code, why, shown(found.command), shown(wanted.command), true}};
  };
  if (std::ranges::find(found.command, "gateway") == found.command.end())
    return issue("gateway-command-missing", "it does not start the gateway");
  if (found.command.front() != wanted.command.front())
    return issue("gateway-entrypoint-mismatch", "it starts another installation than this one");
  if (port_of(found) != port_of(wanted))
    return issue("gateway-port-mismatch", "it listens on another port than the configuration says");
  if (found.command != wanted.command) return issue("gateway-command-changed", "its options differ");
  return {};
}

std::vector<DriftIssue> secret_drift(const Definition& found, const std::string& remedy,
                                     std::string_view key) {
  std::vector<DriftIssue> issues;
  for (const auto& [name, value] : found.environment) {
    if (!is_secret_name(name)) continue;
    const bool is_password = name == "OPENCLAW_GATEWAY_PASSWORD";
    const bool is_token = name == "OPENCLAW_GATEWAY_TOKEN";
    issues.push_back({is_password ? "gateway-password-embedded"
                      : is_token  ? "gateway-token-embedded"
                                  : "gateway-managed-env-embedded",
                      "every program of this user can read it; " + remedy, std::string(key) + name + "=…", "",
                      true});
  }
  return issues;
}

std::vector<DriftIssue> variable_drift(const Definition& found, const Definition& wanted,
                                       std::string_view key) {
  std::vector<DriftIssue> issues;
  for (const auto& [name, value] : wanted.environment) {
    if (name == "TMPDIR" || name == "OPENCLAW_GATEWAY_PORT")
      continue;  // As the shell of the moment has it; the command says it.
    const auto there = variable_of(found, name);
    if (there == value) continue;
    const bool is_path = name == "PATH";
    issues.push_back(
        {is_path ? (there ? "gateway-path-changed" : "gateway-path-missing") : "gateway-environment",
         is_path ? "programs may not be found, or others than meant"
                 : "it is the service of another instance",
         there ? std::string(key) + name + "=" + *there : std::string(),
         std::string(key) + name + "=" + value, !is_path});
  }
  return issues;
}

std::vector<DriftIssue> drift(const std::vector<Directive>& found, const std::vector<Directive>& wanted) {
  const Definition found_definition = read_unit(found);
  const Definition wanted_definition = read_unit(wanted);
  std::vector<DriftIssue> issues = command_drift(found_definition, wanted_definition, "ExecStart=");
  std::ranges::move(secret_drift(found_definition,
                                 "move it to " + wanted_definition.environment_file.string(), "Environment="),
                    std::back_inserter(issues));
  std::ranges::move(variable_drift(found_definition, wanted_definition, "Environment="),
                    std::back_inserter(issues));
  compare_kill_mode(found, issues);
  for (const Rule& rule : kRules) {
    const auto is = value_of(found, rule.section, rule.key);
    const auto should = value_of(wanted, rule.section, rule.key);
    if (normalised(is) == normalised(should)) continue;
    issues.push_back({std::string(rule.code), std::string(rule.why), line(rule.key, is),
                      line(rule.key, should), rule.is_grave});
  }
  return issues;
}

}  // namespace gw::service
