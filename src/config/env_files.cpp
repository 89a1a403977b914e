#include "config/env_files.hpp"

#include <fstream>
#include <sys/stat.h>

#include "base/text.hpp"

namespace gw::config {
namespace {

constexpr std::size_t kFileBytesMax = 65'536;

std::string unquoted(std::string_view value) {
  const bool is_quoted =
      value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return std::string(is_quoted ? value.substr(1, value.size() - 2) : value);
}

/// Empty unless nobody else could have put something into it.
std::string text_of(const std::filesystem::path& file) {
  struct stat info{};
  if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return {};
  if (info.st_size > static_cast<off_t>(kFileBytesMax)) return {};
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

std::map<std::string, std::string> read_env_file(const std::filesystem::path& file) {
  std::map<std::string, std::string> variables;
  const std::string text = text_of(file);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos || equals == 0) continue;
    variables[std::string(trimmed(line.substr(0, equals)))] = unquoted(trimmed(line.substr(equals + 1)));
  }
  return variables;
}

Environment with_env_files(const Environment& environment, const std::filesystem::path& state_dir) {
  auto known = read_env_file(state_dir / ".env");
  known.merge(read_env_file(state_dir / "gateway.systemd.env"));  // Keeps what is there.
  if (known.empty()) return environment;
  return [environment, known = std::move(known)](const std::string& name) -> std::optional<std::string> {
    auto value = environment(name);
    if (value && !value->empty()) return value;
    const auto at = known.find(name);
    return at == known.end() ? value : at->second;
  };
}

}  // namespace gw::config
