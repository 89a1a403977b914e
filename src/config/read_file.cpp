#include "config/read_file.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace gw::config {
namespace {

constexpr std::size_t kPieceBytes = 16'384;

}  // namespace

Result<std::optional<std::string>> read_whole_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const auto cannot = [&](const std::string& why) {
    return fail(Code::Unavailable, "could not read " + path.string() + ": " + why);
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return std::nullopt;
  if (error) return cannot(error.message());
  if (status.type() != std::filesystem::file_type::regular)
    return cannot("not a regular file; put one in its place");

  std::ifstream file(path, std::ios::binary);
  if (!file) return cannot(std::generic_category().message(errno) + "; let this user read it (chown, chmod)");
  std::string text;
  std::array<char, kPieceBytes> piece;
  while (file && text.size() <= bytes_max) {
    file.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return cannot("reading failed");
  if (text.size() > bytes_max) return cannot("larger than " + std::to_string(bytes_max) + " bytes");
  return text;
}

}  // namespace gw::config
