#include "service/launchd_agent.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.hpp"
#include "service/xml.hpp"

namespace gw::service {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kShell = "/bin/sh";
constexpr std::size_t kWordsBeforeCommand = 3;  // The shell, the script, the environment file.
constexpr std::string_view kHeader = "# openclaw service environment, version 1";

// Numbers: a second start at the earliest after 10 s; octal 077; as many connections as the gateway accepts.
constexpr std::string_view kFixedKeys = R"(  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>Umask</key>
  <integer>63</integer>
  <key>SoftResourceLimits</key>
  <dict>
    <key>NumberOfFiles</key>
    <integer>16384</integer>
  </dict>
  <key>StandardInPath</key>
  <string>/dev/null</string>
  <key>StandardOutPath</key>
  <string>/dev/null</string>
)";

// launchd starts it with the environment file and the command. A file that somebody else could have written,
// or that is more than assignments, is not run: `.` would execute it.
constexpr std::string_view kWrapper = R"sh(#!/bin/sh
# Written by "openclaw gateway install", which replaces it. Sets the variables of the gateway, then becomes it.
#   <this script> <environment file> <program> [argument...]
set -u

refuse() {
  printf 'openclaw: %s\n' "$1" >&2
  exit 78
}

[ "$#" -ge 2 ] || refuse 'usage: <environment file> <program> [argument...]'
file=$1
shift
case $file in /*) ;; *) refuse "$file is not an absolute path" ;; esac
[ ! -L "$file" ] && [ -f "$file" ] && [ -r "$file" ] || refuse "$file is missing, or not a file that can be read"
[ -O "$file" ] || refuse "$file belongs to another user"
case $(ls -ld "$file") in -r[w-]-------[\ @.]*) ;; *) refuse "others may read $file: chmod 600 it" ;; esac
IFS= read -r header <"$file" || header=
[ "$header" = '# openclaw service environment, version 1' ] || refuse "$file was not written by openclaw gateway install"
assignment="export [A-Za-z_][A-Za-z0-9_]*='([^']|'\\\\'')*'"
if LC_ALL=C grep -Eqv "^(#.*|$assignment)?\$" "$file"; then
  refuse "$file has a line that is not: export NAME='value'"
fi
[ -f "$1" ] && [ -x "$1" ] || refuse "$1 is missing, or not a program"
. "$file"
exec "$@"
)sh";

struct Rule {
  std::string_view key;
  std::string_view code;
  std::string_view why;
  bool is_grave;
};

constexpr auto kRules = std::to_array<Rule>({
    {"Label", "launchd-label", "launchd knows it by another name than commands use", true},
    {"WorkingDirectory", "launchd-working-directory", "relative paths mean other files", false},
    {"RunAtLoad", "launchd-run-at-load", "it does not start when you log in", true},
    {"KeepAlive", "launchd-keep-alive", "a gateway that dies stays down", true},
    {"ThrottleInterval", "launchd-throttle-interval", "starts after a failure are too close or too far apart",
     false},
    {"ExitTimeOut", "launchd-exit-timeout", "a stop may be cut off: the gateway may need 25 s for it", true},
    {"ProcessType", "launchd-process-type", "macOS may slow it down like a background job", false},
    {"Umask", "launchd-umask", "other users may read new files", false},
    {"SoftResourceLimits.NumberOfFiles", "launchd-open-files",
     "fewer connections fit than the gateway accepts", false},
    {"StandardInPath", "launchd-input", "it may wait for input that never comes", false},
    {"StandardOutPath", "launchd-output", "a file that nobody rotates may grow without limit", false},
    {"StandardErrorPath", "launchd-output", "its last words are kept elsewhere than told", false},
});

std::string tag(std::string_view name, std::string_view text) {
  return "<" + std::string(name) + ">" + std::string(text) + "</" + std::string(name) + ">\n";
}

/// The value of one of a list's entries as people read it.
std::string printed(const XmlElement& value) {
  if (value.name == "true" || value.name == "false") return value.name;
  if (value.name != "array") return std::string(trimmed(value.text));
  std::string words;
  for (const XmlElement& item : value.children) words += (words.empty() ? "" : " ") + printed(item);
  return words;
}

void add_entries(const XmlElement& dict, const std::string& prefix, Variables& entries) {
  for (std::size_t i = 0; i + 1 < dict.children.size(); i += 2) {
    const std::string key = prefix + dict.children[i].text;
    const XmlElement& value = dict.children[i + 1];
    if (value.name == "dict") {
      add_entries(value, key + ".", entries);
    } else {
      entries.emplace_back(key, printed(value));
    }
  }
}

std::optional<XmlElement> read_dict(std::string_view plist) {
  auto root = parse_xml(plist);
  if (!root || root->name != "plist" || root->children.empty() || root->children.front().name != "dict")
    return std::nullopt;
  return std::move(root->children.front());
}

/// The strings of an array in a list.
std::vector<std::string> strings_of(const XmlElement& dict, std::string_view key) {
  std::vector<std::string> strings;
  for (std::size_t i = 0; i + 1 < dict.children.size(); i += 2) {
    if (dict.children[i].text != key) continue;
    for (const XmlElement& item : dict.children[i + 1].children) strings.push_back(item.text);
  }
  return strings;
}

std::optional<std::string> find(const Variables& entries, std::string_view key) {
  const auto at =
      std::ranges::find(entries, key, [](const auto& entry) -> std::string_view { return entry.first; });
  return at == entries.end() ? std::nullopt : std::optional(at->second);
}

bool goes_through_wrapper(const std::vector<std::string>& words) {
  return words.size() > kWordsBeforeCommand && words[0] == kShell;
}

/// Variables that would change which code runs, or that hold what only the configuration may.
bool is_forbidden(std::string_view name) {
  return name.starts_with("OPENCLAW_") || name.starts_with("LD_") || name.starts_with("DYLD_") ||
         name == "NODE_OPTIONS";
}

Variables inline_variables(const Variables& entries) {
  constexpr std::string_view kPrefix = "EnvironmentVariables.";
  Variables found;
  for (const auto& [key, value] : entries) {
    if (key.starts_with(kPrefix)) found.emplace_back(key.substr(kPrefix.size()), value);
  }
  return found;
}

}  // namespace

std::string launchd_label(const std::string& profile, const std::optional<std::string>& override_label) {
  if (override_label && !override_label->empty()) return *override_label;
  return "ai.openclaw." + (profile.empty() ? "gateway" : profile);
}

fs::path wrapper_file(const fs::path& environment_file, std::string_view label) {
  return environment_file.parent_path() / (std::string(label) + "-env-wrapper.sh");
}

Result<std::string> render_plist(const Definition& definition, std::string_view label) {
  std::vector<std::string> words{std::string(kShell),
                                 wrapper_file(definition.environment_file, label).string(),
                                 definition.environment_file.string()};
  words.insert(words.end(), definition.command.begin(), definition.command.end());
  std::string arguments;
  for (const std::string& word : words) {
    const auto text = xml_escaped(word);
    if (!text) return text;
    arguments += "    " + tag("string", *text);
  }
  const auto name = xml_escaped(label);
  const auto comment = xml_escaped(definition.description);
  const auto dir = xml_escaped(definition.working_dir.string());
  const auto output = xml_escaped((definition.working_dir / "logs" / "gateway.err.log").string());
  for (const auto* part : {&name, &comment, &dir, &output}) {
    if (!*part) return *part;
  }
  std::string text = R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
)";
  const auto add = [&](std::string_view key, const std::string& value) {
    text += "  " + tag("key", key) + "  " + value;
  };
  add("Label", tag("string", *name));
  add("Comment", tag("string", *comment));
  add("ProgramArguments", "<array>\n" + arguments + "  </array>\n");
  add("WorkingDirectory", tag("string", *dir));
  add("ExitTimeOut", tag("integer", std::to_string(kLaunchdExitTimeoutS)));
  text += kFixedKeys;
  add("StandardErrorPath", tag("string", *output));
  return text + "</dict>\n</plist>\n";
}

Result<std::string> render_environment(const Definition& definition, const Variables& kept) {
  std::string text = std::string(kHeader) + "\n";
  Variables all = definition.environment;
  all.insert(all.end(), kept.begin(), kept.end());
  for (const auto& [name, value] : all) {
    if (value.find_first_of("\r\n") != std::string::npos || value.find('\0') != std::string::npos)
      return fail(Code::InvalidRequest, "a line end cannot stand in the variable " + name);
    std::string quoted;
    for (const char c : value) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += "export " + name + "='" + quoted + "'\n";
  }
  return text;
}

std::string_view wrapper_script() { return kWrapper; }

Variables read_environment(std::string_view text) {
  constexpr std::string_view kExport = "export ";
  constexpr std::string_view kQuote = "'\\''";
  Variables read;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    const std::size_t equals = line.find("='");
    if (!line.starts_with(kExport) || equals == std::string_view::npos || !line.ends_with('\'') ||
        line.size() < equals + 3)
      continue;
    const std::string_view name = line.substr(kExport.size(), equals - kExport.size());
    line = line.substr(equals + 2, line.size() - equals - 3);
    std::string value;
    for (std::size_t at = line.find(kQuote); at != std::string_view::npos; at = line.find(kQuote)) {
      value += std::string(line.substr(0, at)) + "'";
      line.remove_prefix(at + kQuote.size());
    }
    read.emplace_back(name, value + std::string(line));
  }
  return read;
}

Variables foreign_variables(const Variables& before, const Definition& definition) {
  Variables kept;
  std::ranges::copy_if(before, std::back_inserter(kept), [&](const auto& entry) {
    return !is_forbidden(entry.first) && !variable_of(definition, entry.first);
  });
  return kept;
}

std::optional<Variables> plist_entries(std::string_view plist) {
  const auto dict = read_dict(plist);
  if (!dict) return std::nullopt;
  Variables entries;
  add_entries(*dict, "", entries);
  return entries;
}

std::optional<Definition> read_agent(std::string_view plist, std::string_view environment) {
  const auto dict = read_dict(plist);
  if (!dict) return std::nullopt;
  const auto entries = *plist_entries(plist);
  Definition read;
  read.description = find(entries, "Comment").value_or("");
  read.working_dir = find(entries, "WorkingDirectory").value_or("");
  read.command = strings_of(*dict, "ProgramArguments");
  if (goes_through_wrapper(read.command)) {
    read.environment_file = read.command[2];
    read.command.erase(read.command.begin(), read.command.begin() + kWordsBeforeCommand);
  }
  read.environment = inline_variables(entries);
  std::ranges::move(read_environment(environment), std::back_inserter(read.environment));
  return read;
}

std::vector<DriftIssue> agent_drift(std::string_view plist, std::string_view environment,
                                    std::string_view script, const Definition& wanted,
                                    std::string_view label) {
  const auto found = read_agent(plist, environment);
  if (!found) {
    return {
        {"launchd-plist-unreadable", "what it says cannot be compared", "no XML property list", "", true}};
  }
  const auto entries = *plist_entries(plist);
  std::vector<DriftIssue> issues = command_drift(*found, wanted, "ProgramArguments ");
  const fs::path wrapper = wrapper_file(wanted.environment_file, label);
  const std::string through =
      std::string(kShell) + " " + wrapper.string() + " " + wanted.environment_file.string();
  const std::string arguments = find(entries, "ProgramArguments").value_or("");
  if (!arguments.starts_with(through + " ")) {
    issues.push_back({"launchd-env-file-argument", "the gateway does not get its variables",
                      "ProgramArguments " + arguments, "ProgramArguments " + through + " …", true});
  } else if (script != kWrapper) {
    issues.push_back({"launchd-env-wrapper-outdated", "it is not the script that this version writes",
                      script.empty() ? "" : wrapper.string() + " (changed)", wrapper.string(), true});
  }
  std::ranges::move(secret_drift({.environment = inline_variables(entries)},
                                 "move it to " + wanted.environment_file.string(), "EnvironmentVariables "),
                    std::back_inserter(issues));
  std::ranges::move(variable_drift(*found, wanted, "export "), std::back_inserter(issues));
  const auto rendered = render_plist(wanted, label);
  if (!rendered) return issues;
  const auto should = *plist_entries(*rendered);
  for (const Rule& rule : kRules) {
    const auto is = find(entries, rule.key);
    const auto wants = find(should, rule.key);
    if (is == wants) continue;
    const auto line = [&](const std::optional<std::string>& value) {
      return value ? std::string(rule.key) + " " + *value : std::string();
    };
    issues.push_back({std::string(rule.code), std::string(rule.why), line(is), line(wants), rule.is_grave});
  }
  if (find(entries, "Disabled") == "true") {
    issues.push_back({"launchd-disabled", "it does not start when you log in", "Disabled true", "", true});
  }
  return issues;
}

}  // namespace gw::service
