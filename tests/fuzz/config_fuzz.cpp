// Whatever stands in the file, the answer is a configuration or reasons that can be read, the same ones each
// time. Nothing outside of the text is read: the directory does not exist, and no provider of secrets is
// asked.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/check.hpp"
#include "config/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  gw::config::Paths paths;
  paths.state_dir = "/nonexistent/openclaw";
  paths.config_file = paths.state_dir / "openclaw.json";
  const gw::config::Environment environment = [](const std::string&) { return std::nullopt; };

  const auto loaded = gw::config::check_text(text, paths, environment);
  GW_CHECK(loaded.config.raw == text);
  GW_CHECK(loaded.config.source.is_object());
  const auto again = gw::config::check_text(text, paths, environment);
  GW_CHECK(again.issues.size() == loaded.issues.size());
  for (std::size_t i = 0; i < loaded.issues.size(); ++i) {
    GW_CHECK(!loaded.issues[i].message.empty());
    GW_CHECK(again.issues[i].text() == loaded.issues[i].text());
  }
  (void)gw::config::redacted(loaded.config.source);
  return 0;
}
