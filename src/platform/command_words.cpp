#include "platform/command_words.hpp"

namespace gw::platform {

std::vector<std::string> without_secrets(const std::vector<std::string>& words) {
  std::vector<std::string> shown;
  bool is_secret = false;
  for (const std::string& word : words) {
    const std::string name = word.substr(0, word.find('='));
    const bool names_secret = name == "--token" || name == "--password";
    shown.push_back(is_secret ? "***" : names_secret && name != word ? name + "=***" : word);
    is_secret = names_secret && name == word;
  }
  return shown;
}

}  // namespace gw::platform
