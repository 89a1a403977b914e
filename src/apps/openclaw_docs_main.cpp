// Writes what is made from the table of commands, the table of keys and the units; part of the build, not of
// the product.
//   openclaw-docs reference <dir>   the pages of docs/cli, Markdown
//   openclaw-docs keys <page>       the tables of keys in a page like docs/configuration.md
//   openclaw-docs share <dir>       manual pages and shell completions, where a package has them below
//   `share`
//   openclaw-docs units <dir>       the unit of a Debian package: the gateway of the user that its name ends
//   with

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "cli/completion.hpp"
#include "cli/manual.hpp"
#include "cli/reference.hpp"
#include "config/key_tables.hpp"
#include "service/systemd_unit.hpp"

namespace gw {
namespace {

namespace fs = std::filesystem;

bool write(const fs::path& dir, const std::map<std::string, std::string>& files) {
  fs::create_directories(dir);
  for (const auto& [name, text] : files) {
    if (std::ofstream(dir / name) << text << std::flush) continue;
    std::fprintf(stderr, "openclaw-docs: cannot write %s\n", (dir / name).c_str());
    return false;
  }
  return true;
}

bool write_keys(const fs::path& page) {
  std::ifstream stream(page, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto written = config::with_key_tables(text);
  if (written) return write(page.parent_path(), {{page.filename().string(), *written}});
  std::fprintf(stderr, "openclaw-docs: %s: %s\n", page.c_str(), written.error().message.c_str());
  return false;
}

bool write_share(const fs::path& dir) {
  const auto script = [](const char* shell) { return *cli::completion_script(shell, cli::commands()); };
  fs::remove_all(dir / "man/man1");  // A page of a command that is gone.
  return write(dir / "man/man1", cli::manual_pages(cli::commands())) &&
         write(dir / "bash-completion/completions", {{"openclaw", script("bash")}}) &&
         write(dir / "zsh/site-functions", {{"_openclaw", script("zsh")}}) &&
         write(dir / "fish/vendor_completions.d", {{"openclaw.fish", script("fish")}});
}

bool write_units(const fs::path& dir) {
  const service::Definition definition{
      .description = "OpenClaw Gateway of %i", .command = {"/usr/bin/openclaw", "gateway"}, .user = "%i"};
  const auto unit = service::render_unit(definition, service::Scope::System);
  return unit && write(dir, {{"openclaw-gateway@.service", *unit}});
}

}  // namespace
}  // namespace gw

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  bool is_written = false;
  if (what == "reference") is_written = gw::write(argv[2], gw::cli::reference_pages(gw::cli::commands()));
  if (what == "keys") is_written = gw::write_keys(argv[2]);
  if (what == "share") is_written = gw::write_share(argv[2]);
  if (what == "units") is_written = gw::write_units(argv[2]);
  return is_written ? 0 : 1;
}
