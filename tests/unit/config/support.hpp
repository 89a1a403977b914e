#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdlib.h>
#include <string>

#include <gtest/gtest.h>

#include "config/config.hpp"

namespace gw::config {

using Variables = std::map<std::string, std::string>;

inline Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline Loaded check(std::string text, Variables variables = {}, const std::string& profile = {},
                    const SecretAccess& access = {}) {
  Paths paths;
  paths.profile = profile;
  variables.emplace("HOME", "/home/ada");
  return check_text(std::move(text), paths, environment_of(std::move(variables)), access);
}

/// Every issue as `path: message`, one a line.
inline std::string issues(const Loaded& loaded) {
  std::string text;
  for (const Issue& issue : loaded.issues) text += issue.path + ": " + issue.message + "\n";
  return text;
}

/// A new directory that goes away with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "gw-config-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void write_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace gw::config
