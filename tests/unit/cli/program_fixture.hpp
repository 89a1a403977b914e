#pragma once

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/uuid.hpp"
#include "cli/program.hpp"

namespace gw::cli {

/// Runs whole command lines in a state directory of their own and keeps what they print.
class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    std::filesystem::create_directories(dir_);
    environment_["OPENCLAW_STATE_DIR"] = dir_.string();
    environment_["HOME"] = dir_.string();
  }
  ~ProgramTest() override { std::filesystem::remove_all(dir_); }

  int run(std::vector<std::string> words) {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Program program;
    program.words = std::move(words);
    program.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto at = environment_.find(name);
      return at == environment_.end() ? std::nullopt : std::optional(at->second);
    };
    program.sinks = {out, err};
    program.is_terminal = is_terminal_;
    program.run_gateway = [this](const RunRequest& request) {
      run_request_ = request;
      return 0;
    };
    const int code = cli::run(program);
    out_ = text_of(out);
    err_ = text_of(err);
    return code;
  }

  /// stdout as one JSON document; fails the test when it is anything else.
  json::Object document() {
    auto value = json::parse(out_);
    EXPECT_TRUE(value && value->is_object()) << out_;
    return value && value->is_object() ? value->get_object() : json::Object{};
  }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / random_uuid();
  std::map<std::string, std::string> environment_;
  std::optional<RunRequest> run_request_;
  std::string out_;
  std::string err_;
  bool is_terminal_ = false;

 private:
  static std::string text_of(std::FILE* file) {
    std::rewind(file);
    std::string text(100'000, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
  }
};

}  // namespace gw::cli
