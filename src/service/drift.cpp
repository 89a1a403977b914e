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

// Lines that must say what ours say.
constexpr auto kRules = std::to_array<Rule>({
    {"Unit", "StartLimitBurst", "systemd-start-limit", "a crash loop is not bounded as meant", false},
    {"Unit", "StartLimitIntervalSec", "systemd-start-limit", "a crash loop is not bounded as meant", false},
    {"Service", "Type", "systemd-type", "systemd does not learn when the gateway serves, nor of its restarts",
     true},
    {"Service", "NotifyAccess", "systemd-type", "systemd does not learn when the gateway serves", true},
    {"Service", "Restart", "systemd-restart", "a gateway that dies stays down", true},
    {"Service", "RestartSec", "systemd-restart-sec", "starts after a failure are too close or too far apart",
     false},
    {"Service", "TimeoutStopSec", "systemd-stop-timeout", "a stop may cut running work: it may take 330 s",
     true},
    {"Service", "WatchdogSec", "systemd-watchdog", "a gateway that hangs is not noticed", false},
    {"Service", "OOMPolicy", "systemd-oom-policy", "a tool that runs out of memory takes the gateway with it",
     false},
    {"Service", "NoNewPrivileges", "systemd-hardening", "tools of an agent may gain privileges", false},
    {"Service", "UMask", "systemd-umask", "other users may read new files", false},
    {"Service", "LimitNOFILE", "systemd-open-files", "fewer connections fit than the gateway accepts", false},
    // Ours have none of these.
    {"Service", "ExecCondition", "systemd-runs-first", "the gateway starts only when that program lets it",
     true},
    {"Service", "ExecStartPre", "systemd-runs-first", "the gateway starts only when that program succeeds",
     true},
    {"Service", "PrivateNetwork", "systemd-no-network", "nobody reaches the gateway, and it reaches nobody",
     true},
    {"Service", "ProtectHome", "systemd-no-home", "the gateway cannot write to its state directory", true},
});

// Lists: what ours name must be among what they name.
constexpr auto kLists = std::to_array<Rule>({
    {"Unit", "After", "systemd-after-network-online", "it may start before there is a network", false},
    {"Unit", "Wants", "systemd-wants-network-online", "nothing waits for the network", false},
    {"Service", "RestartPreventExitStatus", "systemd-restart-prevent",
     "a configuration that is refused is tried again and again", false},
    {"Service", "EnvironmentFile", "systemd-environment-file",
     "variables that the configuration refers to are not read", true},
    {"Install", "WantedBy", "systemd-wanted-by", "it does not start by itself", true},
});

std::string line(std::string_view key, const std::optional<std::string>& value) {
  return value ? std::string(key) + "=" + *value : std::string();
}

/// systemd's other spellings of yes and no, and of times. What is not said is not so.
std::string normalised(std::string_view key, const std::optional<std::string>& value) {
  std::string text = lower_ascii(value.value_or("no"));
  for (const char* yes : {"true", "on", "1"}) {
    if (text == yes) return "yes";
  }
  for (const char* no : {"false", "off", "0"}) {
    if (text == no) return "no";
  }
  const auto seconds = key.ends_with("Sec") && value ? seconds_of(*value) : std::nullopt;
  return seconds ? std::to_string(*seconds) : text;
}

/// The drop-in that has the last word on a key, of the variable `name` when one is given; empty: there is
/// none.
std::filesystem::path drop_in_of(const std::vector<Directive>& found, std::string_view section,
                                 std::string_view key, std::string_view name = {}) {
  std::filesystem::path last;
  for (const Directive& directive : found) {
    if (directive.section != section || directive.key != key) continue;
    const bool is_meant = name.empty() || directive.value.empty() ||
                          std::ranges::any_of(split_words(directive.value), [&](const std::string& word) {
                            return word.starts_with(name) && word.substr(name.size()).starts_with('=');
                          });
    if (is_meant) last = directive.drop_in;
  }
  return last;
}

void put_remedy(DriftIssue& issue, const std::filesystem::path& drop_in) {
  if (!drop_in.empty()) issue.remedy = "edit " + drop_in.string() + ", which a new installation leaves alone";
}

/// The name in `Environment=NAME=value`.
std::string variable_in(const DriftIssue& issue) {
  const std::string& shown = issue.found.empty() ? issue.wanted : issue.found;
  const std::size_t begin = shown.find('=') + 1;
  return shown.substr(begin, shown.find('=', begin) - begin);
}

/// Whether every word of ours is among theirs.
bool lists_all(const std::vector<std::string>& theirs, const std::vector<std::string>& ours) {
  std::vector<std::string> words;
  for (const std::string& value : theirs) std::ranges::move(split_words(value), std::back_inserter(words));
  return std::ranges::all_of(ours, [&](const std::string& value) {
    return std::ranges::all_of(split_words(value), [&](const std::string& word) {
      return std::ranges::find(words, word) != words.end();
    });
  });
}

void compare_kill_mode(const std::vector<Directive>& found, std::vector<DriftIssue>& issues) {
  const auto mode = value_of(found, "Service", "KillMode");
  if (mode == "mixed") return;
  const bool is_group = !mode || *mode == "control-group";
  issues.push_back({is_group ? "systemd-kill-mode-control-group" : "systemd-kill-mode-process-or-none",
                    is_group ? "a stop ends running work at once instead of letting it finish"
                             : "a stop leaves processes behind",
                    line("KillMode", mode), "KillMode=mixed", true});
  put_remedy(issues.back(), drop_in_of(found, "Service", "KillMode"));
}

std::string why_it_matters(std::string_view variable) {
  if (variable == "PATH") return "programs may not be found, or others than meant";
  if (variable == "OPENCLAW_WRAPPER") return "the next installation forgets, or changes, the wrapper";
  if (variable.starts_with("OPENCLAW_SERVICE_")) return "others do not know it for the service of a gateway";
  if (variable == "HOME" || variable == "OPENCLAW_STATE_DIR" || variable == "OPENCLAW_CONFIG_PATH" ||
      variable == "OPENCLAW_PROFILE") {
    return "it is the service of another instance";
  }
  return "the gateway does not know which service it is";
}

}  // namespace

std::string change_of(const DriftIssue& issue) {
  if (issue.found.empty() && issue.wanted.empty()) return {};
  if (issue.found.empty()) return "missing: " + issue.wanted + ": ";
  return issue.found + (issue.wanted.empty() ? "" : " instead of " + issue.wanted) + ": ";
}

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
         why_it_matters(name), there ? std::string(key) + name + "=" + *there : std::string(),
         std::string(key) + name + "=" + value, !is_path});
  }
  return issues;
}

std::vector<DriftIssue> drift(const std::vector<Directive>& found, const std::vector<Directive>& wanted) {
  const Definition found_definition = read_unit(found);
  const Definition wanted_definition = read_unit(wanted);
  std::vector<DriftIssue> issues = command_drift(found_definition, wanted_definition, "ExecStart=");
  for (DriftIssue& issue : issues) put_remedy(issue, drop_in_of(found, "Service", "ExecStart"));
  auto variables = secret_drift(found_definition, "move it to " + wanted_definition.environment_file.string(),
                                "Environment=");
  std::ranges::move(variable_drift(found_definition, wanted_definition, "Environment="),
                    std::back_inserter(variables));
  for (DriftIssue& issue : variables) {
    put_remedy(issue, drop_in_of(found, "Service", "Environment", variable_in(issue)));
    issues.push_back(std::move(issue));
  }
  compare_kill_mode(found, issues);
  const auto differs = [&](const Rule& rule, const std::optional<std::string>& is,
                           const std::optional<std::string>& should) {
    issues.push_back({std::string(rule.code), std::string(rule.why), line(rule.key, is),
                      line(rule.key, should), rule.is_grave});
    put_remedy(issues.back(), drop_in_of(found, rule.section, rule.key));
  };
  for (const Rule& rule : kRules) {
    const auto is = value_of(found, rule.section, rule.key);
    const auto should = value_of(wanted, rule.section, rule.key);
    if (normalised(rule.key, is) != normalised(rule.key, should)) differs(rule, is, should);
  }
  for (const Rule& rule : kLists) {
    const auto ours = values_of(wanted, rule.section, rule.key);
    if (lists_all(values_of(found, rule.section, rule.key), ours)) continue;
    differs(rule, value_of(found, rule.section, rule.key), value_of(wanted, rule.section, rule.key));
  }
  return issues;
}

}  // namespace gw::service
