#include "cli/parse.hpp"

#include <algorithm>
#include <numeric>

namespace gw::cli {
namespace {

constexpr std::size_t kTyposMax = 2;

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
    }
  }
  return row.back();
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t best_distance = kTyposMax + 1;
  for (const std::string_view candidate : known) {
    const std::size_t typos = distance(word, candidate);
    if (typos < best_distance && typos < word.size()) {
      best = candidate;
      best_distance = typos;
    }
  }
  return best.empty() ? std::string() : "\n(Did you mean " + std::string(best) + "?)";
}

bool is_below(std::string_view path, std::string_view group) {
  return group.empty() || path == group || (path.starts_with(group) && path[group.size()] == ' ');
}

const Option* find(const std::vector<Option>& options, std::string_view name) {
  const auto at =
      std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return at == options.end() ? nullptr : &*at;
}

/// `path` and `value` of `<path> <value>`.
std::vector<std::string_view> operands_of(const Command& command) {
  std::vector<std::string_view> names;
  std::string_view rest = command.operand;
  while (!rest.empty()) {
    const std::size_t end = rest.find('>');
    names.push_back(rest.substr(1, end - 1));
    rest.remove_prefix(std::min(rest.size(), end + 2));
  }
  return names;
}

class Parser {
 public:
  explicit Parser(std::span<const Command> table) : table_(table) {}

  Result<Parsed> parse(std::span<const std::string> words) {
    bool only_operands = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      Status read;
      if (!only_operands && word == "--") {
        only_operands = true;
      } else if (!only_operands && word.size() > 1 && word[0] == '-') {
        read = read_option(words, i);
      } else {
        read = read_word(word);
      }
      if (!read) return std::unexpected(std::move(read).error());
    }
    if (parsed_.wants_help || parsed_.wants_version) return std::move(parsed_);
    if (auto done = finish(); !done) return std::unexpected(std::move(done).error());
    return std::move(parsed_);
  }

 private:
  Status read_option(std::span<const std::string> words, std::size_t& at) {
    const std::string& word = words[at];
    const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    const std::string name = word.substr(0, equals);
    if (name == "-h" || name == "--help") return ask(parsed_.wants_help);
    if (parsed_.path.empty() && (name == "-V" || name == "--version")) return ask(parsed_.wants_version);
    // Before the first word `--dev` is the profile; after `gateway` it belongs to the command.
    const Option* option = parsed_.path.empty() ? nullptr : find_below(name);
    Args* into = &parsed_.args;
    if (!option) {
      option = find(root_options(), name);
      into = &parsed_.root;
    }
    if (!option) return unknown_option(name);
    if (into == &parsed_.args) given_.push_back(option->name);
    if (option->value.empty()) {
      if (equals != std::string::npos)
        return fail(Code::InvalidRequest, "option '" + name + "' takes no value");
      into->set(name, "");
      return {};
    }
    if (equals != std::string::npos) {
      into->set(name, word.substr(equals + 1));
      return {};
    }
    if (at + 1 >= words.size()) {
      return fail(Code::InvalidRequest,
                  "option '" + name + " " + std::string(option->value) + "' argument missing");
    }
    into->set(name, words[++at]);
    return {};
  }

  static Status ask(bool& what) {
    what = true;
    return {};
  }

  Status read_word(const std::string& word) {
    const std::string longer = parsed_.path.empty() ? word : parsed_.path + " " + word;
    const bool is_known =
        std::any_of(table_.begin(), table_.end(), [&](const Command& c) { return is_below(c.path, longer); });
    if (is_known && parsed_.args.operands().empty()) {
      parsed_.path = longer;
      return {};
    }
    const Command* command = exact();
    const std::size_t wanted = command ? operands_of(*command).size() : 0;
    if (parsed_.args.operands().size() < wanted) {
      parsed_.args.add_operand(word);
      return {};
    }
    if (wanted > 0) return fail(Code::InvalidRequest, "too many arguments: '" + word + "'");
    std::vector<std::string_view> next;
    for (const Command& candidate : table_) {
      if (!is_below(candidate.path, parsed_.path) || candidate.path == parsed_.path) continue;
      const std::string_view rest = candidate.path.substr(parsed_.path.empty() ? 0 : parsed_.path.size() + 1);
      next.push_back(rest.substr(0, rest.find(' ')));
    }
    return fail(Code::InvalidRequest, "unknown command '" + word + "'" + suggestion(word, next));
  }

  const Command* exact() const {
    const auto at =
        std::find_if(table_.begin(), table_.end(), [&](const Command& c) { return c.path == parsed_.path; });
    return at == table_.end() ? nullptr : &*at;
  }

  /// An option of this command or of one that the next words may name.
  const Option* find_below(std::string_view name) const {
    for (const Command& command : table_) {
      if (!is_below(command.path, parsed_.path)) continue;
      if (const Option* option = find(command.options, name)) return option;
    }
    return nullptr;
  }

  Status unknown_option(const std::string& name) const {
    std::vector<std::string_view> known;
    for (const Option& option : root_options()) known.push_back(option.name);
    for (const Command& command : table_) {
      if (!is_below(command.path, parsed_.path)) continue;
      for (const Option& option : command.options) known.push_back(option.name);
    }
    return fail(Code::InvalidRequest, "unknown option '" + name + "'" + suggestion(name, known));
  }

  Status finish() {
    parsed_.command = exact();
    if (!parsed_.command) {
      parsed_.wants_help = true;
      return {};
    }
    for (const std::string_view name : given_) {
      if (!find(parsed_.command->options, name)) return unknown_option(std::string(name));
    }
    const auto wanted = operands_of(*parsed_.command);
    const std::size_t given = parsed_.args.operands().size();
    if (given == wanted.size()) return {};
    return fail(Code::InvalidRequest, "missing required argument '" + std::string(wanted[given]) + "'");
  }

  std::span<const Command> table_;
  Parsed parsed_;
  std::vector<std::string_view> given_;
};

void add_line(std::string& out, const std::string& left, std::string_view right, std::size_t width) {
  out += "  " + left;
  out.append(width > left.size() ? width - left.size() : 0, ' ');
  out += "  " + std::string(right) + "\n";
}

void add_options(std::string& out, const std::vector<Option>& options) {
  const auto left = [](const Option& option) {
    return std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value));
  };
  std::size_t width = 0;
  for (const Option& option : options) width = std::max(width, left(option).size());
  for (const Option& option : options) add_line(out, left(option), option.help, width);
}

}  // namespace

std::optional<std::string> Args::text(std::string_view name) const {
  const auto at = options_.find(std::string(name));
  return at == options_.end() ? std::nullopt : std::optional(at->second);
}

Result<Parsed> parse(std::span<const std::string> words, std::span<const Command> table) {
  return Parser(table).parse(words);
}

std::string help_for(std::string_view path, std::span<const Command> table) {
  std::string out = "Usage: openclaw" + (path.empty() ? "" : " " + std::string(path));
  const auto exact =
      std::find_if(table.begin(), table.end(), [&](const Command& c) { return c.path == path; });
  std::vector<const Command*> below;
  std::size_t width = 0;
  for (const Command& command : table) {
    if (command.path == path || !is_below(command.path, path)) continue;
    below.push_back(&command);
    width = std::max(width, command.path.size());
  }
  if (exact != table.end()) {
    if (!exact->operand.empty()) out += " " + std::string(exact->operand);
    if (!exact->options.empty()) out += " [options]";
    out += "\n\n" + std::string(exact->summary) + "\n";
    if (!exact->options.empty()) {
      out += "\nOptions:\n";
      add_options(out, exact->options);
    }
  } else {
    out += " [options] <command>\n";
  }
  if (!below.empty()) {
    out += "\nCommands:\n";
    for (const Command* command : below) add_line(out, std::string(command->path), command->summary, width);
  }
  out += "\nGlobal options:\n";
  add_options(out, root_options());
  return out;
}

}  // namespace gw::cli
