#include <algorithm>
#include <regex>

#include "unit/config/support.hpp"

// tests/fuzz/corpus/config: a file for each way in which a configuration can be wrong.

namespace gw::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMin = 200;

std::map<fs::path, std::string> texts_in(const fs::path& directory) {
  std::map<fs::path, std::string> texts;
  for (const auto& entry : fs::directory_iterator(directory)) {
    texts[entry.path().filename()] = read_text(entry.path());
  }
  return texts;
}

bool has_place(const Issue& issue) {
  static const std::regex place("line [0-9]+, column [0-9]+");
  return std::regex_search(issue.text(), place);
}

// No one place of the file is at fault.
bool is_wrong_as_a_whole(const std::string& name) { return name.starts_with("whole-file-is-"); }

TEST(CorpusTest, NamesWhatIsWrongWithEachFileAndWhere) {
  const TemporaryDirectory directory;
  fs::copy(GW_CONFIG_CORPUS, directory.path());
  const auto before = texts_in(directory.path());
  const auto environment = environment_of({{"HOME", directory.path().string()}});
  std::size_t files = 0;
  for (const auto& [file, text] : before) {
    if (file.extension() != ".json5") continue;
    ++files;
    const std::string name = file.stem();
    SCOPED_TRACE(name);
    Paths paths;
    paths.state_dir = directory.path();
    paths.config_file = directory.path() / file;
    const auto loaded = load(paths, environment);
    if (!loaded) {
      ADD_FAILURE() << loaded.error().message;
      continue;
    }
    EXPECT_EQ(loaded->issues.empty(), name.starts_with("valid-")) << issues(*loaded);
    EXPECT_EQ(loaded->config.raw, text);
    for (const Issue& issue : loaded->issues) {
      EXPECT_FALSE(issue.message.empty()) << issue.path;
      EXPECT_NE(has_place(issue), is_wrong_as_a_whole(name)) << issue.path << ": " << issue.text();
    }
  }
  EXPECT_GE(files, kFilesMin);
  EXPECT_EQ(texts_in(directory.path()), before);
}

}  // namespace
}  // namespace gw::config
