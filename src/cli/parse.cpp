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

const Option* find(const std::vector<Option>& options, std::string_view name) {
  const auto at =
      std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return at == options.end() ? nullptr : &*at;
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
      option = find(root_command().options, name);
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
    const Command* command = find_command(parsed_.path, table_);
    const std::size_t wanted = command ? operands_of(*command).size() : 0;
    if (parsed_.args.operands().size() < wanted) {
      parsed_.args.add_operand(word);
      return {};
    }
    if (wanted > 0) return fail(Code::InvalidRequest, "too many arguments: '" + word + "'");
    std::vector<std::string_view> next;
    for (const Command* child : children_of(parsed_.path, table_)) {
      next.push_back(child->path.substr(child->path.rfind(' ') + 1));
    }
    return fail(Code::InvalidRequest, "unknown command '" + word + "'" + suggestion(word, next));
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
    for (const Option& option : root_command().options) known.push_back(option.name);
    for (const Command& command : table_) {
      if (!is_below(command.path, parsed_.path)) continue;
      for (const Option& option : command.options) known.push_back(option.name);
    }
    const bool is_elsewhere = std::ranges::find(known, name) != known.end();
    return fail(Code::InvalidRequest,
                "unknown option '" + name + "'" +
                    (is_elsewhere ? "\n(It belongs to other commands: name one.)" : suggestion(name, known)));
  }

  Status finish() {
    const Command* command = find_command(parsed_.path, table_);
    if (!command || !command->run) {
      parsed_.wants_help = given_.empty();
      if (parsed_.wants_help) return {};
      return fail(Code::InvalidRequest, "missing command after '" + parsed_.path + "'");
    }
    parsed_.command = command;
    for (const std::string_view name : given_) {
      if (!find(command->options, name)) return unknown_option(std::string(name));
    }
    const auto wanted = operands_of(*command);
    const std::size_t given = parsed_.args.operands().size();
    if (given == wanted.size()) return {};
    return fail(Code::InvalidRequest, "missing required argument '" + std::string(wanted[given]) + "'");
  }

  std::span<const Command> table_;
  Parsed parsed_;
  std::vector<std::string_view> given_;
};

}  // namespace

Result<Parsed> parse(std::span<const std::string> words, std::span<const Command> table) {
  return Parser(table).parse(words);
}

}  // namespace gw::cli
