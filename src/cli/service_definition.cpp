#include "cli/service_definition.hpp"

#include <pwd.h>
#include <sys/stat.h>

namespace gw::cli {
namespace {

/// The entry of an account; its strings live until the next call.
const passwd* account_of(const std::filesystem::path& path) {
  struct stat info{};
  for (std::filesystem::path at = path; !at.empty(); at = at.parent_path()) {
    if (::stat(at.c_str(), &info) == 0) return ::getpwuid(info.st_uid);
    if (at == at.root_path()) break;
  }
  return nullptr;
}

}  // namespace

std::string owner_of(const std::filesystem::path& path) {
  const passwd* account = account_of(path);
  return account ? account->pw_name : "root";
}

service::Definition wanted_definition(const Context& cli, const service::Manager& manager, std::uint16_t port,
                                      const std::optional<std::filesystem::path>& wrapper) {
  service::DefinitionRequest request;
  request.system = manager.system();
  request.scope = manager.scope();
  request.program = cli.program;
  request.wrapper = wrapper;
  request.port = port;
  request.profile = cli.paths.profile;
  request.home = config::expand_home("~", cli.environment);
  request.state_dir = cli.paths.state_dir;
  request.config_file = cli.paths.config_file;
  request.unit = manager.unit();
  request.temporary_dir = cli.environment("TMPDIR").value_or("");
  if (request.scope == service::Scope::System) {
    const passwd* account = account_of(cli.paths.state_dir);
    request.user = account ? account->pw_name : "root";
    request.home = account ? account->pw_dir : "/root";
    request.temporary_dir.clear();
  }
  return service::make_definition(request);
}

}  // namespace gw::cli
