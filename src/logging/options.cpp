#include "logging/options.hpp"

#include <unistd.h>

#include "platform/journal.hpp"

namespace gw::logging {

platform::LogFileOptions log_options(const config::Config& config, const config::Paths& paths,
                                     const config::Environment& environment, bool verbose) {
  platform::LogFileOptions options;
  options.directory = paths.log_dir();
  options.file = config.log_file;
  options.level = verbose ? LogLevel::Debug : config.log_level;
  options.bytes_max = config.log_file_bytes_max;
  // launchd keeps what we write there in a file that nobody rotates; the log file says the same.
  options.console = environment("OPENCLAW_LAUNCHD_LABEL") ? -1 : STDERR_FILENO;
  options.console_level = verbose ? LogLevel::Debug : config.log_console_level;
  options.console_style = config.log_console_style;
  options.colour = !environment("NO_COLOR").has_value();
  options.console_is_journal = platform::goes_to_journal(STDERR_FILENO, environment("JOURNAL_STREAM"));
  options.masks = config.log_masks;
  return options;
}

}  // namespace gw::logging
