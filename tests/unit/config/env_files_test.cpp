#include "config/env_files.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/uuid.hpp"
#include "config/config.hpp"

namespace gw::config {
namespace {

class EnvFilesTest : public testing::Test {
 protected:
  EnvFilesTest() { std::filesystem::create_directories(dir_); }
  ~EnvFilesTest() override { std::filesystem::remove_all(dir_); }

  void write(const char* name, const std::string& text, unsigned mode = 0600) {
    std::ofstream(dir_ / name) << text;
    std::filesystem::permissions(dir_ / name, std::filesystem::perms(mode));
  }
  std::string value(const std::string& name) {
    return with_env_files(
               [](const std::string& n) {
                 return n == "SET" ? std::optional<std::string>("process") : std::nullopt;
               },
               dir_)(name)
        .value_or("none");
  }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / random_uuid();
};

TEST_F(EnvFilesTest, TheProcessComesFirstThenTheFilesInTheirOrder) {
  write(".env", "SET=dotenv\nA=dotenv\n");
  write("gateway.systemd.env", "A=service\nB=service\n");
  EXPECT_EQ(value("SET"), "process");
  EXPECT_EQ(value("A"), "dotenv");
  EXPECT_EQ(value("B"), "service");
  EXPECT_EQ(value("C"), "none");
}

TEST_F(EnvFilesTest, LinesAreReadAsShellsAndSystemdWriteThem) {
  write(".env", "# A=comment\nexport B=\"two words\"\n C = 'x=y' \nno equals\n=nothing\nD=\n");
  EXPECT_EQ(value("A"), "none");
  EXPECT_EQ(value("B"), "two words");
  EXPECT_EQ(value("C"), "x=y");
  EXPECT_EQ(value("D"), "");
}

TEST_F(EnvFilesTest, AFileThatOthersMayWriteIsIgnored) {
  write(".env", "A=evil\n", 0666);
  EXPECT_EQ(value("A"), "none");
  write(".env", std::string(100'000, 'x') + "\nA=much\n");
  std::filesystem::permissions(dir_ / ".env", std::filesystem::perms(0600));
  EXPECT_EQ(value("A"), "none");
}

TEST_F(EnvFilesTest, TheConfigurationFindsItsVariablesThere) {
  write("gateway.systemd.env", "MY_TOKEN=from-the-file\n");
  Paths paths;
  paths.state_dir = dir_;
  paths.config_file = dir_ / "openclaw.json";
  const auto loaded = check_text("{gateway:{mode:\"local\",auth:{token:\"${MY_TOKEN}\"}}}", paths,
                                 [](const std::string&) { return std::nullopt; });
  EXPECT_TRUE(loaded.issues.empty());
  EXPECT_EQ(loaded.config.token.reveal(), "from-the-file");
}

}  // namespace
}  // namespace gw::config
