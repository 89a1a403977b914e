#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gw::cli {

/// Without control characters: what others wrote must not move the cursor of the terminal that shows it.
std::string printable(std::string_view text);

/// Rows with their columns aligned, two spaces apart, each ended by a line feed. Every row has as many cells
/// as the first.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace gw::cli
