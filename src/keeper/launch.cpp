#include "keeper/launch.hpp"

#include <unistd.h>

namespace gw::keeper {
namespace {

std::filesystem::path generation_program(const Launch& launch) {
  if (!launch.libexec.empty()) return launch.libexec / "openclaw-gateway";
  std::error_code error;
  std::filesystem::path installed = std::filesystem::canonical(launch.program, error);
  if (error) installed = launch.program;
  return (installed.parent_path() / ".." / "libexec" / "openclaw-gateway").lexically_normal();
}

}  // namespace

platform::ProgramCall call_for(const Launch& launch, const Endpoint& endpoint, generations::Id id,
                               bool is_standby, int control_fd) {
  platform::ProgramCall call;
  call.program = generation_program(launch);
  // Not the name of the program: OpenClaw's command line would take a generation for a second gateway.
  call.arguments = {"openclaw-generation", "--generation", std::to_string(id.value)};
  if (control_fd >= 0) {
    call.arguments.insert(call.arguments.end(), {"--keeper-pid", std::to_string(::getpid())});
    call.descriptors.emplace_back(control_fd, kControlFd);
  } else {
    int place = kListenFd;
    for (const int fd : endpoint.fds()) call.descriptors.emplace_back(fd, place++);
    call.arguments.insert(call.arguments.end(), {"--sockets", std::to_string(place - kListenFd)});
  }
  if (!launch.program.empty()) call.arguments.insert(call.arguments.end(), {"--installed", launch.program});
  if (is_standby) call.arguments.emplace_back("--standby");
  call.arguments.insert(call.arguments.end(),
                        {"--listening", endpoint.host() + ":" + std::to_string(endpoint.port())});
  call.arguments.insert(call.arguments.end(), launch.arguments.begin(), launch.arguments.end());
  call.environment = launch.environment;
  return call;
}

void set_variable(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
  drop_variable(environment, name);
  environment.push_back(name + "=" + value);
}

void drop_variable(std::vector<std::string>& environment, const std::string& name) {
  std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
}

}  // namespace gw::keeper
