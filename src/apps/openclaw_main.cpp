// The command line and the keeper.

#include <cstdlib>
#include <unistd.h>

#include "cli/program.hpp"
#include "keeper/run.hpp"
#include "platform/fd.hpp"
#include "platform/program_path.hpp"
#include "platform/surroundings.hpp"

namespace gw {
namespace {

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::vector<std::string> whole_environment() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) all.emplace_back(*entry);
  return all;
}

int run_gateway(const std::string& program_name, const cli::RunRequest& asked) {
  return keeper::run_gateway({.paths = asked.paths,
                              .environment = asked.environment,
                              .all_environment = whole_environment(),
                              .program = platform::invoked_path(program_name, from_environment("PATH")),
                              .port = asked.port,
                              .bind = asked.bind,
                              .auth = asked.auth,
                              .tailnet_host = platform::tailnet_address(),
                              .is_in_container = platform::is_in_container(),
                              .token = asked.token,
                              .password = asked.password,
                              .allow_unconfigured = asked.allow_unconfigured,
                              .claims_port = asked.claims_port,
                              .verbose = asked.verbose,
                              .no_keeper = asked.no_keeper});
}

}  // namespace
}  // namespace gw

int main(int argc, char** argv) {
  gw::platform::hold_standard_descriptors();
  const std::string name = argc > 0 ? argv[0] : "openclaw";
  return gw::cli::run(
      {.words = {argv + (argc > 0 ? 1 : 0), argv + argc},
       .environment = gw::from_environment,
       .path = gw::platform::invoked_path(name, gw::from_environment("PATH")),
       .is_terminal = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1,
       .run_gateway = [&](const gw::cli::RunRequest& r) { return gw::run_gateway(name, r); }});
}
