#include "cli/completion.hpp"

#include "cli/commands/all.hpp"
#include "cli/context.hpp"

namespace gw::cli {
namespace {

int run(Context& cli, const Args& args) {
  const std::string& shell = args.operands().front();
  const auto script = completion_script(shell, commands());
  if (!script)
    return cli.out.problem(cli_failure("no completion for \"" + shell + "\"; use bash, zsh or fish"));
  cli.out.raw(*script);
  return 0;
}

}  // namespace

Command completion_command() {
  return {.path = "completion",
          .summary = "Print a script that completes commands and options in a shell",
          .details = R"(
            The script is for one shell and knows the commands of this version; it never starts the program.

            - bash: put `source <(openclaw completion bash)` into `~/.bashrc`
            - zsh: put `source <(openclaw completion zsh)` into `~/.zshrc`, after `compinit`
            - fish: write it to `~/.config/fish/completions/openclaw.fish`

            A package of this program installs all three.)",
          .operand = "<bash|zsh|fish>",
          .examples = {"openclaw completion bash", "openclaw completion zsh", "openclaw completion fish"},
          .run = run};
}

}  // namespace gw::cli
