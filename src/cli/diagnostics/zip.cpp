#include "cli/diagnostics/zip.hpp"

#include <array>
#include <chrono>

namespace gw::cli::diagnostics {
namespace {

constexpr std::uint32_t kPolynomial = 0xEDB88320;
constexpr std::uint16_t kVersion = 20;
constexpr std::uint16_t kMadeOnUnix = 3 << 8 | kVersion;
constexpr std::uint16_t kNamesAreUtf8 = 1 << 11;
constexpr std::uint32_t kOwnerOnly = 0100600U << 16;  // A regular file, mode 0600.

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? kPolynomial ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}

/// Little-endian fields.
class Record {
 public:
  Record& u16(std::size_t value) { return bytes(value, 2); }
  Record& u32(std::size_t value) { return bytes(value, 4); }
  Record& text(std::string_view text) {
    out_ += text;
    return *this;
  }
  const std::string& str() const { return out_; }

 private:
  Record& bytes(std::size_t value, int count) {
    for (int i = 0; i < count; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xFF);
    return *this;
  }
  std::string out_;
};

/// MS-DOS date and time, which know seconds by two and years from 1980 on.
std::pair<std::uint16_t, std::uint16_t> dos_time(UnixMillis at) {
  using namespace std::chrono;
  const sys_time<milliseconds> moment{milliseconds{at.value}};
  const auto day = floor<days>(moment);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(moment - day)};
  const auto years = static_cast<unsigned>(static_cast<int>(date.year()) - 1980);
  return {static_cast<std::uint16_t>(years << 9 | static_cast<unsigned>(date.month()) << 5 |
                                     static_cast<unsigned>(date.day())),
          static_cast<std::uint16_t>(clock.hours().count() << 11 | clock.minutes().count() << 5 |
                                     clock.seconds().count() / 2)};
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  std::uint32_t value = 0xFFFFFFFF;
  for (const char c : bytes) value = kTable[(value ^ static_cast<unsigned char>(c)) & 0xFF] ^ (value >> 8);
  return ~value;
}

std::string zip_of(const std::vector<ZipMember>& members, UnixMillis at) {
  const auto [date, time] = dos_time(at);
  std::string out;
  std::string directory;
  for (const ZipMember& member : members) {
    // The fields that a member's header and its entry in the directory share.
    Record common;
    common.u16(kNamesAreUtf8).u16(0).u16(time).u16(date).u32(crc32(member.text));
    common.u32(member.text.size()).u32(member.text.size()).u16(member.name.size()).u16(0);
    Record entry;
    entry.text("PK\x01\x02").u16(kMadeOnUnix).u16(kVersion).text(common.str());
    entry.u16(0).u16(0).u16(0).u32(kOwnerOnly).u32(out.size()).text(member.name);
    directory += entry.str();
    Record header;
    header.text("PK\x03\x04").u16(kVersion).text(common.str()).text(member.name);
    out += header.str() + member.text;
  }
  Record end;
  end.text("PK\x05\x06").u16(0).u16(0).u16(members.size()).u16(members.size());
  end.u32(directory.size()).u32(out.size()).u16(0);
  return out + directory + end.str();
}

}  // namespace gw::cli::diagnostics
