#include "service/scheduled_task.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.hpp"
#include "service/xml.hpp"

namespace gw::service {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kCodePage = "chcp 65001 > NUL";  // UTF-8, for what comes after it.
constexpr std::string_view kByteOrderMark = "\xFF\xFE";

// One instance, on batteries too, without a limit of time; three more attempts a minute apart when it fails.
constexpr std::string_view kSettings = R"(  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
)";

struct Rule {
  std::string_view path;
  std::string_view code;
  std::string_view why;
  bool is_grave;
};

constexpr auto kRules = std::to_array<Rule>({
    {"Triggers/LogonTrigger/Enabled", "task-logon-trigger", "it does not start when you log on", true},
    {"Principals/Principal/LogonType", "task-logon-type", "it runs in another session than yours", false},
    {"Principals/Principal/RunLevel", "task-run-level", "tools of an agent run with more rights than yours",
     true},
    {"Settings/MultipleInstancesPolicy", "task-instances", "a second start may end the running gateway",
     true},
    {"Settings/DisallowStartIfOnBatteries", "task-batteries", "it does not start on batteries", true},
    {"Settings/StopIfGoingOnBatteries", "task-batteries", "it stops when the power is gone", true},
    {"Settings/Enabled", "task-disabled", "it does not start when you log on", true},
    {"Settings/ExecutionTimeLimit", "task-time-limit", "Windows ends it after that time", true},
    {"Settings/RestartOnFailure/Interval", "task-restart", "a gateway that dies stays down, or for longer",
     false},
    {"Settings/RestartOnFailure/Count", "task-restart", "a gateway that dies stays down, or for longer",
     false},
    {"Settings/RunOnlyIfIdle", "task-idle", "it runs only while you do not use the computer", true},
    {"Settings/RunOnlyIfNetworkAvailable", "task-network", "it does not start without a network", false},
    {"Actions/Exec/Command", "task-script", "it does not start this gateway", true},
    {"Actions/Exec/WorkingDirectory", "task-working-directory", "relative paths mean other files", false},
});

// What the schema says of an element that is not there.
constexpr auto kDefaults = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"Triggers/LogonTrigger/Enabled", "true"},
    {"Principals/Principal/RunLevel", "LeastPrivilege"},
    {"Settings/MultipleInstancesPolicy", "IgnoreNew"},
    {"Settings/Enabled", "true"},
    {"Settings/RunOnlyIfIdle", "false"},
    {"Settings/RunOnlyIfNetworkAvailable", "false"},
});

std::optional<std::string> find(const Entries& entries, std::string_view path) {
  const auto at =
      std::ranges::find(entries, path, [](const auto& entry) -> std::string_view { return entry.first; });
  return at == entries.end() ? std::nullopt : std::optional(at->second);
}

/// What is in force: the text, or what the absence of the element means; Windows leaves such elements out.
std::optional<std::string> in_force(const Entries& entries, std::string_view path) {
  if (auto text = find(entries, path)) return text;
  // A default counts only for a part that is there: no trigger at all is not an enabled one.
  const std::string part(path.substr(0, path.rfind('/') + 1));
  const bool has_part =
      std::ranges::any_of(entries, [&](const auto& entry) { return entry.first.starts_with(part); });
  const auto* const at =
      std::ranges::find(kDefaults, path, &std::pair<std::string_view, std::string_view>::first);
  return at == kDefaults.end() || !has_part ? std::nullopt : std::optional(std::string(at->second));
}

void add_entries(const XmlElement& element, const std::string& prefix, Entries& entries) {
  for (const XmlElement& inner : element.children) {
    const std::string path = prefix + inner.name;
    if (inner.children.empty()) {
      entries.emplace_back(path, trimmed(inner.text));
    } else {
      add_entries(inner, path + "/", entries);
    }
  }
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

std::string with_doubled(std::string_view text, char doubled) {
  std::string out;
  for (const char c : text) out += c == doubled ? std::string(2, c) : std::string(1, c);
  return out;
}

/// `set "NAME=value"`: everything but `%` is literal between the first and the last quote of the line.
Result<std::string> set_line(const std::string& name, const std::string& value) {
  if (has_control(value) || value.find('"') != std::string::npos) {
    return fail(Code::InvalidRequest, "the value of " + name + " cannot stand in a script of cmd.exe");
  }
  return "set \"" + name + "=" + with_doubled(value, '%') + "\"";
}

/// A word of a line that `cmd_word` wrote, as it was.
std::string take_word(std::string_view& line) {
  std::string word;
  bool is_quoted = false;
  std::size_t at = 0;
  for (; at < line.size() && (is_quoted || line[at] != ' '); ++at) {
    const std::size_t slashes = std::min(line.find_first_not_of('\\', at), line.size()) - at;
    const bool ends_quote =
        is_quoted && slashes > 0 && at + slashes < line.size() && line[at + slashes] == '"';
    if (slashes > 0) {
      word.append(ends_quote ? slashes / 2 : slashes, '\\');
      at += slashes - 1;
    } else if (line[at] == '"' && is_quoted && line.substr(at + 1).starts_with('"')) {
      word += '"';
      ++at;
    } else if (line[at] == '"') {
      is_quoted = !is_quoted;
    } else {
      word += line[at];
      if (line[at] == '%' && line.substr(at + 1).starts_with('%')) ++at;
    }
  }
  line.remove_prefix(std::min(line.size(), at + 1));
  return word;
}

std::string single(std::string_view text) {
  std::string out(text);
  for (std::size_t at = out.find("%%"); at != std::string::npos; at = out.find("%%", at + 1))
    out.erase(at, 1);
  return out;
}

void append_unit(std::string& out, std::uint32_t unit) {
  out += static_cast<char>(unit & 0xFF);
  out += static_cast<char>(unit >> 8 & 0xFF);
}

}  // namespace

std::string task_name(const std::string& profile, const std::optional<std::string>& override_name) {
  if (override_name && !override_name->empty()) return *override_name;
  return profile.empty() ? "OpenClaw Gateway" : "OpenClaw Gateway (" + profile + ")";
}

Result<std::string> cmd_word(std::string_view word) {
  if (has_control(word)) {
    return fail(Code::InvalidRequest,
                "a control character cannot stand in a command line: " + std::string(cut_utf8(word, 80)));
  }
  std::string out;
  std::size_t slashes = 0;  // In a row, up to here: only before a quote do they mean more than themselves.
  for (const char c : word) {
    if (c == '"') out.append(slashes, '\\');
    slashes = c == '\\' ? slashes + 1 : 0;
    out += c == '"' || c == '%' ? std::string(2, c) : std::string(1, c);
  }
  const bool needs_quotes = word.empty() || word.find_first_of(" \"&|<>^()!;,=%'`") != std::string_view::npos;
  if (!needs_quotes) return out;
  out.append(slashes, '\\');
  return '"' + out + '"';
}

Result<std::string> render_task_script(const Definition& definition) {
  std::string body;
  const auto add = [&](std::string_view line) { body += std::string(line) + std::string(kLineEnd); };
  add("rem " + definition.description + ". Written by \"openclaw gateway install\", which replaces it.");
  const auto dir = cmd_word(definition.working_dir.string());
  if (!dir) return dir;
  add("cd /d " + *dir);
  for (const auto& [name, value] : definition.environment) {
    const auto line = set_line(name, value);
    if (!line) return line;
    add(*line);
  }
  std::string command;
  for (const std::string& word : definition.command) {
    const auto text = cmd_word(word);
    if (!text) return text;
    command += *text + " ";
  }
  add(command + "< NUL");  // It must not wait for a key.
  const bool is_ascii = std::ranges::all_of(body, [](unsigned char c) { return c < 0x80; });
  std::string text = "@echo off" + std::string(kLineEnd);
  if (!is_ascii) text += std::string(kCodePage) + std::string(kLineEnd);
  return text + body;
}

Definition read_task_script(std::string_view script) {
  constexpr std::string_view kSet = "set \"";
  constexpr std::string_view kDirectory = "cd /d ";
  constexpr std::string_view kInput = " < NUL";
  Definition read;
  while (!script.empty()) {
    const std::size_t end = std::min(script.find('\n'), script.size());
    std::string_view line = trimmed(script.substr(0, end));
    script.remove_prefix(std::min(script.size(), end + 1));
    if (line.starts_with(kSet) && line.ends_with('"')) {
      line = line.substr(kSet.size(), line.size() - kSet.size() - 1);
      const std::size_t equals = std::min(line.find('='), line.size());
      read.environment.emplace_back(line.substr(0, equals),
                                    single(line.substr(std::min(line.size(), equals + 1))));
    } else if (line.starts_with(kDirectory)) {
      line.remove_prefix(kDirectory.size());
      read.working_dir = take_word(line);
    } else if (line.ends_with(kInput)) {
      line.remove_suffix(kInput.size());
      while (!line.empty()) read.command.push_back(take_word(line));
    }
  }
  return read;
}

Result<std::string> render_startup_script(std::string_view script) {
  const auto word = cmd_word(script);
  if (!word) return word;
  // The first pair of quotes is the title of the window; without it a quoted path would be that.
  return "@echo off\r\n" + std::string(kCodePage) + "\r\nstart \"\" /min cmd.exe /d /c " + *word + "\r\n";
}

Result<std::string> render_task(const TaskRequest& request) {
  const auto name = xml_escaped(request.name);
  const auto description = xml_escaped(request.description);
  const auto user = xml_escaped(request.user);
  const auto script = xml_escaped(request.script);
  const auto dir = xml_escaped(request.working_dir);
  for (const auto* part : {&name, &description, &user, &script, &dir}) {
    if (!*part) return *part;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n"
         "<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n"
         "  <RegistrationInfo>\n"
         "    <Description>" +
         *description +
         "</Description>\n"
         "    <URI>\\" +
         *name +
         "</URI>\n"
         "  </RegistrationInfo>\n"
         "  <Triggers>\n"
         "    <LogonTrigger>\n"
         "      <Enabled>true</Enabled>\n"
         "      <UserId>" +
         *user +
         "</UserId>\n"
         "    </LogonTrigger>\n"
         "  </Triggers>\n"
         "  <Principals>\n"
         "    <Principal id=\"Author\">\n"
         "      <UserId>" +
         *user +
         "</UserId>\n"
         "      <LogonType>InteractiveToken</LogonType>\n"
         "      <RunLevel>LeastPrivilege</RunLevel>\n"
         "    </Principal>\n"
         "  </Principals>\n" +
         std::string(kSettings) +
         "  <Actions Context=\"Author\">\n"
         "    <Exec>\n"
         "      <Command>" +
         *script +
         "</Command>\n"
         "      <WorkingDirectory>" +
         *dir +
         "</WorkingDirectory>\n"
         "    </Exec>\n"
         "  </Actions>\n"
         "</Task>\n";
}

std::string utf16_file(std::string_view text) {
  std::string out(kByteOrderMark);
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t code = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t i = 1; i < length && at + i < text.size(); ++i)
      code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    at += length;
    if (code < 0x10000) {
      append_unit(out, code);
    } else {
      append_unit(out, 0xD800 + ((code - 0x10000) >> 10));
      append_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string from_utf16_file(std::string_view bytes) {
  const bool has_mark = bytes.starts_with(kByteOrderMark);
  if (!has_mark && (bytes.size() < 2 || bytes[1] != '\0')) return std::string(bytes);
  std::string out;
  std::uint32_t high = 0;
  for (std::size_t at = has_mark ? 2 : 0; at + 1 < bytes.size(); at += 2) {
    const std::uint32_t unit = static_cast<unsigned char>(bytes[at]) |
                               static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8;
    if (unit >= 0xD800 && unit < 0xDC00) {
      high = unit;
      continue;
    }
    const bool is_low = unit >= 0xDC00 && unit < 0xE000;
    out += utf8_of(is_low ? 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) : unit);
  }
  return out;
}

std::optional<Entries> task_entries(std::string_view task) {
  const auto root = parse_xml(task);
  if (!root || root->name != "Task") return std::nullopt;
  Entries entries;
  add_entries(*root, "", entries);
  return entries;
}

std::vector<DriftIssue> task_drift(std::string_view task, std::string_view script, const Definition& wanted,
                                   const TaskRequest& request) {
  const auto entries = task_entries(task);
  const auto rendered = render_task(request);
  if (!entries || !rendered) {
    return {{"task-unreadable", "what it says cannot be compared", "no task definition", "", true}};
  }
  const Entries should = *task_entries(*rendered);
  const Definition found = read_task_script(script);
  std::vector<DriftIssue> issues = command_drift(found, wanted, "");
  std::ranges::move(secret_drift(found, "set it for your account instead (setx)", "set "),
                    std::back_inserter(issues));
  std::ranges::move(variable_drift(found, wanted, "set "), std::back_inserter(issues));
  for (const Rule& rule : kRules) {
    const auto is = in_force(*entries, rule.path);
    const auto wants = in_force(should, rule.path);
    if (is == wants) continue;
    const auto line = [&](const std::optional<std::string>& text) {
      return text ? std::string(rule.path) + " " + *text : std::string();
    };
    issues.push_back({std::string(rule.code), std::string(rule.why), line(is), line(wants), rule.is_grave});
  }
  return issues;
}

}  // namespace gw::service
