#include <gtest/gtest.h>

#include "cli/completion.hpp"
#include "cli/help.hpp"
#include "cli/manual.hpp"
#include "cli/parse.hpp"
#include "cli/prose.hpp"
#include "cli/reference.hpp"

namespace gw::cli {
namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The words of a command line as a shell splits it; quotes are all that examples need.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  bool is_open = false;
  char quote = 0;
  for (const char c : line) {
    if (quote == 0 && c == ' ') {
      is_open = false;
      continue;
    }
    if (!is_open) words.emplace_back();
    is_open = true;
    if (quote == c) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  return words;
}

TEST(CommandTableTest, EveryLineIsInAGroupOfTheTable) {
  for (const Command& command : commands()) {
    const std::size_t last = command.path.rfind(' ');
    if (last == std::string_view::npos) continue;
    EXPECT_NE(find_command(command.path.substr(0, last), commands()), nullptr) << command.path;
  }
}

TEST(CommandTableTest, EveryCommandSaysWhatItDoesAndHasAnExample) {
  for (const Command& command : commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.path;
    EXPECT_FALSE(command.summary.ends_with('.')) << command.path;
    if (!command.run) continue;
    EXPECT_FALSE(command.details.empty()) << command.path;
    EXPECT_FALSE(command.examples.empty()) << command.path;
  }
}

TEST(CommandTableTest, AnotherNameMeansACommandThatIsThere) {
  for (const Command& command : commands()) {
    if (command.same_as.empty()) continue;
    const Command* meant = find_command(command.same_as, commands());
    ASSERT_NE(meant, nullptr) << command.path;
    EXPECT_TRUE(meant->same_as.empty());
    EXPECT_EQ(meant->run, command.run);
  }
}

TEST(CommandTableTest, EveryExampleRunsTheCommandThatItIsAnExampleOf) {
  for (const Command& command : commands()) {
    for (const std::string_view example : command.examples) {
      const std::vector<std::string> words = words_of(example);
      ASSERT_FALSE(words.empty());
      EXPECT_EQ(words.front(), "openclaw");
      const auto parsed = parse(std::span(words).subspan(1), commands());
      ASSERT_TRUE(parsed) << example << ": " << parsed.error().message;
      EXPECT_EQ(parsed->command->run, command.run) << example;
    }
  }
}

TEST(CommandTableTest, HelpNamesEveryOptionExampleAndCommandBelow) {
  for (const Command& command : commands()) {
    const std::string help = help_for(command.path, commands());
    EXPECT_TRUE(help.starts_with("Usage: " + usage_of(command) + "\n")) << help;
    for (const Option& option : command.options) EXPECT_TRUE(has(help, option.name)) << option.name;
    for (const std::string_view example : command.examples) EXPECT_TRUE(has(help, example)) << example;
    for (const Command* child : children_of(command.path, commands())) EXPECT_TRUE(has(help, child->path));
  }
  const std::string everything = help_for("", commands());
  for (const Command* child : children_of("", commands())) EXPECT_TRUE(has(everything, child->summary));
  EXPECT_TRUE(has(everything, "--profile <name>"));
}

TEST(CommandTableTest, HelpFitsIntoEightyColumns) {
  for (const Command& command : commands()) {
    const std::string help = help_for(command.path, commands());
    for (std::size_t begin = 0, end = 0; begin < help.size(); begin = end + 1) {
      end = help.find('\n', begin);
      const std::string line = help.substr(begin, end - begin);
      if (!has(line, "openclaw ")) EXPECT_LE(line.size(), 80U) << line;
    }
  }
}

TEST(CommandTableTest, EveryCommandHasAPageOfTheReferenceAndOfTheManual) {
  const auto pages = reference_pages(commands());
  const auto manual = manual_pages(commands());
  EXPECT_TRUE(pages.contains("openclaw.md"));
  EXPECT_TRUE(manual.contains("openclaw.1"));
  EXPECT_TRUE(has(pages.at("gateway-status.md"), "Also: `openclaw daemon status`."));
  EXPECT_TRUE(has(pages.at("gateway-status.md"), "| `--require-rpc` |"));
  EXPECT_FALSE(pages.contains("daemon-status.md"));
  EXPECT_EQ(manual.at("openclaw-daemon-status.1"), ".so man1/openclaw-gateway-status.1\n");
  EXPECT_TRUE(has(manual.at("openclaw-gateway-status.1"), "\\fB\\-\\-require\\-rpc\\fR\n"));
  EXPECT_TRUE(has(manual.at("openclaw.1"), "openclaw gateway status"));
}

TEST(CommandTableTest, APageEscapesWhatItsFormatWouldRead) {
  const Command odd{.path = "odd",
                    .summary = ".begins with a dot",
                    .details = "back\\slash and `code-word`\n\n- one\n  more\n- two",
                    .options = {{"--x", "<y>", "a|b <c>"}},
                    .run = [](Context&, const Args&) { return 0; }};
  const std::vector<Command> table{odd};
  const std::string page = reference_pages(table).at("odd.md");
  EXPECT_TRUE(has(page, "| `--x <y>` | a\\|b \\<c> |")) << page;
  EXPECT_TRUE(has(page, "\n- one more\n- two\n")) << page;
  const std::string manual = manual_pages(table).at("openclaw-odd.1");
  EXPECT_TRUE(has(manual, "\n\\&.begins with a dot")) << manual;
  EXPECT_TRUE(has(manual, "back\\eslash and \\fBcode\\-word\\fR")) << manual;
  EXPECT_TRUE(has(manual, ".IP \\(bu 2\none more\n")) << manual;
}

TEST(CommandTableTest, CompletionKnowsEveryOptionInEveryShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell, commands());
    ASSERT_TRUE(script) << shell;
    for (const Command& command : commands()) {
      EXPECT_TRUE(has(*script, "'" + std::string(command.path) + "'")) << shell;
      for (const Option& option : command.options) EXPECT_TRUE(has(*script, option.name.substr(2))) << shell;
    }
  }
  EXPECT_FALSE(completion_script("powershell", commands()));
}

TEST(ProseTest, LinesOfABlockBelongTogether) {
  const auto blocks = blocks_of("\n  one\n  two\n\n  - first\n    more\n  - second\n\n  end");
  ASSERT_EQ(blocks.size(), 4U);
  EXPECT_EQ(blocks[0].text, "one two");
  EXPECT_TRUE(blocks[1].is_item);
  EXPECT_EQ(blocks[1].text, "first more");
  EXPECT_EQ(blocks[2].text, "second");
  EXPECT_FALSE(blocks[3].is_item);
}

TEST(ProseTest, WrappedTextKeepsItsIndentation) {
  EXPECT_EQ(wrapped("aa bb cc", 6, "- "), "- aa\n  bb\n  cc\n");
  EXPECT_EQ(wrapped("aa bb cc", 7, "- "), "- aa bb\n  cc\n");
  EXPECT_EQ(wrapped("much-longer-than-that x", 6), "much-longer-than-that\nx\n");
  EXPECT_EQ(without_backticks("a `b` c"), "a b c");
}

}  // namespace
}  // namespace gw::cli
