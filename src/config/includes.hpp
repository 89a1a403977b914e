#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

/// `$include`: parts of the configuration that stand in files of their own (docs/configuration.md).
namespace gw::config {

inline constexpr std::string_view kInclude = "$include";
inline constexpr std::size_t kIncludeLevelsMax = 10;
inline constexpr std::size_t kIncludedFilesMax = 256;  ///< In all: files may include each other in many ways.
inline constexpr std::size_t kIncludedBytesMax = 2'097'152;  ///< Of one file.
inline constexpr std::size_t kIncludePathMax = 4'096;        ///< A longer path is nobody's intention.

/// The files of one configuration and what they say together.
class Includes {
 public:
  /// `instead` holds texts to be taken in place of what is in these files, by their real paths: changes that
  /// are only tried.
  Includes(const Paths& paths, const Environment& environment, FileTexts instead);

  /// The object of the main file's `text` with every `$include` followed; an empty one after a syntax error.
  /// What is wrong is added to `issues`.
  json::Value read(std::string_view text, std::vector<Issue>& issues);

  /// The main file first, then the others in the order in which they were met, also those that could not be
  /// read.
  std::vector<std::filesystem::path> files() const;

  /// Where the key at a dotted path stands: `line 3, column 7`, or `parts/gateway.json5, line 3, column 7`.
  /// When it is missing there, where its object stands; empty when that is missing, too.
  std::string place_of(std::string_view path) const;

  /// The real path of what `name` means in `file`, whether it exists or not. Fails when it is too long or
  /// outside of the directories that files may be included from.
  Result<std::filesystem::path> resolved(std::string_view name, const std::filesystem::path& file) const;

  /// The text and value of an included file.
  Result<json::Value> read_file(const std::filesystem::path& path);

 private:
  struct File {
    std::filesystem::path path;
    std::string text;
  };
  using Chain = std::vector<std::filesystem::path>;  // From the main file to the one that is being read.

  json::Value expand(const json::Value& value, Chain& chain, const std::string& at);
  json::Value expand_object(const json::Object& object, Chain& chain, const std::string& at);
  json::Value include(const json::Value& name, Chain& chain, const std::string& at);
  void issue(const std::string& at, std::string why);
  std::string place_in(const File& file, std::string_view path) const;

  std::filesystem::path main_;
  std::vector<std::filesystem::path> roots_;
  FileTexts instead_;
  std::vector<File> files_;
  std::vector<Issue>* issues_ = nullptr;
};

}  // namespace gw::config
