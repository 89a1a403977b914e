#include "cli/completion.hpp"

#include <algorithm>
#include <set>

namespace gw::cli {
namespace {

/// A word that may come next.
struct Word {
  std::string text;
  std::string_view help;
  bool is_option = false;
};

std::vector<Word> words_after(const Command& command, std::span<const Command> table) {
  std::vector<Word> words;
  for (const Command* child : children_of(command.path, table)) {
    words.push_back({std::string(child->path.substr(child->path.rfind(' ') + 1)), child->summary});
  }
  // An operand that names its values: `<bash|zsh|fish>`.
  for (const std::string_view operand : operands_of(command)) {
    if (operand.find('|') == std::string_view::npos) continue;
    for (std::size_t begin = 0; begin < operand.size();) {
      const std::size_t end = std::min(operand.find('|', begin), operand.size());
      words.push_back({std::string(operand.substr(begin, end - begin)), ""});
      begin = end + 1;
    }
  }
  for (const Option& option : command.options) words.push_back({std::string(option.name), option.help, true});
  return words;
}

/// `'--port' | '--url'`: options that the next word belongs to. A name means the same in every command.
std::string options_with_values(std::span<const Command> table, std::string_view separator) {
  std::set<std::string_view> names;
  const auto add = [&](const Command& command) {
    for (const Option& option : command.options) {
      if (!option.value.empty()) names.insert(option.name);
    }
  };
  add(root_command());
  for (const Command& command : table) add(command);
  std::string out;
  for (const std::string_view name : names)
    out += (out.empty() ? "" : std::string(separator)) + std::string(name);
  return out;
}

/// `'gateway' | 'gateway run'`.
std::string paths(std::span<const Command> table) {
  std::string out;
  for (const Command& command : table) out += (out.empty() ? "'" : " | '") + std::string(command.path) + "'";
  return out;
}

std::string single_quoted(std::string_view text, std::string_view quote) {
  std::string out = "'";
  for (const char c : text) c == '\'' ? out += quote : out += c;
  return out + "'";
}

std::string bash(std::span<const Command> table) {
  std::string out =
      "# Completion of openclaw for bash. To load it: source <(openclaw completion bash)\n"
      "_openclaw() {\n"
      "  local path='' candidates='' word i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case $word in\n"
      "      " +
      options_with_values(table, " | ") +
      ") ((++i)); continue ;;\n"
      "      -*) continue ;;\n"
      "    esac\n"
      "    word=${path:+$path }$word\n"
      "    case $word in\n"
      "      " +
      paths(table) +
      ") path=$word ;;\n"
      "    esac\n"
      "  done\n"
      "  ((i == COMP_CWORD)) || return 0 # the value of an option: a file, perhaps\n"
      "  case $path in\n";
  const auto add = [&](const Command& command) {
    out += "    '" + std::string(command.path) + "') candidates='";
    std::string separator;
    for (const Word& word : words_after(command, table)) {
      out += separator + word.text;
      separator = " ";
    }
    out += "' ;;\n";
  };
  add(root_command());
  for (const Command& command : table) add(command);
  return out +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$candidates\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "}\n"
         "complete -o default -F _openclaw openclaw\n";
}

std::string zsh(std::span<const Command> table) {
  std::string out =
      "#compdef openclaw\n"
      "# Completion of openclaw for zsh. To load it: source <(openclaw completion zsh)\n"
      "_openclaw() {\n"
      "  local at='' word i\n"
      "  local -a names switches\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    word=${words[i]}\n"
      "    case $word in\n"
      "      (" +
      options_with_values(table, "|") +
      ") ((++i)); continue ;;\n"
      "      (-*) continue ;;\n"
      "    esac\n"
      "    word=${at:+$at }$word\n"
      "    case $word in\n"
      "      (" +
      paths(table) +
      ") at=$word ;;\n"
      "    esac\n"
      "  done\n"
      "  if ((i > CURRENT)); then _files; return; fi\n"
      "  case $at in\n";
  const auto described = [](const Word& word) {
    std::string text;
    for (const char c : word.help) {
      if (c == ':') text += '\\';
      text += c;
    }
    return " " + single_quoted(word.text + (text.empty() ? "" : ":" + text), "'\\''");
  };
  const auto add = [&](const Command& command) {
    std::string names;
    std::string switches;
    for (const Word& word : words_after(command, table))
      (word.is_option ? switches : names) += described(word);
    out +=
        "    ('" + std::string(command.path) + "') names=(" + names + " ) switches=(" + switches + " ) ;;\n";
  };
  add(root_command());
  for (const Command& command : table) add(command);
  return out +
         "  esac\n"
         "  _describe -t commands command names\n"
         "  _describe -o -t options option switches\n"
         "}\n"
         "if [[ $funcstack[1] == _openclaw ]]; then _openclaw \"$@\"; else compdef _openclaw openclaw; fi\n";
}

std::string fish(std::span<const Command> table) {
  std::string out =
      "# Completion of openclaw for fish. To load it: openclaw completion fish | source\n"
      "function __openclaw_at\n"
      "    set -l at ''\n"
      "    set -l skip 0\n"
      "    for word in (commandline -opc)[2..-1]\n"
      "        if test $skip = 1\n"
      "            set skip 0\n"
      "            continue\n"
      "        end\n"
      "        switch $word\n"
      "            case " +
      options_with_values(table, " ") +
      "\n"
      "                set skip 1\n"
      "                continue\n"
      "            case '-*'\n"
      "                continue\n"
      "        end\n"
      "        set -l longer (string trim -- \"$at $word\")\n"
      "        switch $longer\n"
      "            case ";
  for (const Command& command : table) out += "'" + std::string(command.path) + "' ";
  out +=
      "\n"
      "                set at $longer\n"
      "        end\n"
      "    end\n"
      "    test \"$at\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c openclaw -f\n";
  const auto add = [&](const Command& command) {
    for (const Word& word : words_after(command, table)) {
      out += "complete -c openclaw -n \"__openclaw_at '" + std::string(command.path) + "'\" ";
      out += word.is_option ? "-l " + word.text.substr(2) : "-a " + word.text;
      if (!word.help.empty()) out += " -d " + single_quoted(word.help, "\\'");
      out += "\n";
    }
    for (const Option& option : command.options) {
      if (option.value.empty()) continue;
      out += "complete -c openclaw -n \"__openclaw_at '" + std::string(command.path) + "'\" -l " +
             std::string(option.name.substr(2)) + " -r -F\n";
    }
  };
  add(root_command());
  for (const Command& command : table) add(command);
  return out;
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell, std::span<const Command> table) {
  if (shell == "bash") return bash(table);
  if (shell == "zsh") return zsh(table);
  if (shell == "fish") return fish(table);
  return std::nullopt;
}

}  // namespace gw::cli
