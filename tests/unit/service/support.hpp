#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "service/definition.hpp"
#include "service/drift.hpp"

namespace gw::service {

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The file that rendering must make, to the byte; tests/functional has other parsers read it. With
/// GW_WRITE_GOLDEN in the environment the file becomes `made`: look at its difference before you commit it.
inline std::string golden(const std::string& name, const std::string& made) {
  const std::filesystem::path file = std::filesystem::path(GW_GOLDEN_DIR) / name;
  if (std::getenv("GW_WRITE_GOLDEN")) std::ofstream(file, std::ios::binary) << made;
  return bytes_of(file);
}

/// What a real tool says: tests/support/recorded/README.md.
inline std::string recorded(const std::string& name) {
  return bytes_of(std::filesystem::path(GW_RECORDED_DIR) / name);
}

inline std::vector<std::string> codes_of(const std::vector<DriftIssue>& issues) {
  std::vector<std::string> codes;
  std::ranges::transform(issues, std::back_inserter(codes), &DriftIssue::code);
  std::ranges::sort(codes);
  return codes;
}

inline std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  return at == std::string::npos ? "not there: " + what : text.replace(at, what.size(), with);
}

/// Everything that needs quoting somewhere.
inline Definition awkward_mac() {
  return make_definition({.system = platform::ServiceSystem::Launchd,
                          .program = "/opt/it's <here> & there/openclaw",
                          .port = 18789,
                          .profile = "work",
                          .home = "/Users/Jörg O'Neil",
                          .state_dir = "/Users/Jörg O'Neil/.openclaw-work",
                          .config_file = "/Users/Jörg O'Neil/.openclaw-work/$HOME `x`.json",
                          .unit = "ai.openclaw.work"});
}

inline Definition awkward_windows() {
  Definition made = make_definition({.system = platform::ServiceSystem::TaskScheduler,
                                     .program = R"(C:\Program Files\100% & more\openclaw.exe)",
                                     .port = 18789,
                                     .profile = "work",
                                     .home = R"(C:\Users\Jörg)",
                                     .state_dir = R"(C:\Users\Jörg\.openclaw-work)",
                                     .config_file = R"(C:\Users\Jörg\.openclaw-work\%PATH% ^x.json)",
                                     .unit = "OpenClaw Gateway (work)"});
  return made;
}

}  // namespace gw::service
