#include "crypto/base64.hpp"

#include <string>

#include <gtest/gtest.h>

#include "crypto/random.hpp"

namespace gw::crypto {
namespace {

// RFC 4648, section 10.
constexpr std::pair<std::string_view, std::string_view> kVectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

TEST(Base64Test, WritesTheVectorsOfRfc4648) {
  for (const auto& [bytes, text] : kVectors) EXPECT_EQ(base64(bytes), text);
}

TEST(Base64Test, ReadsTheVectorsOfRfc4648WithAndWithoutPadding) {
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(decode_base64(text), bytes);
    EXPECT_EQ(decode_base64(text.substr(0, text.find('='))), bytes);
  }
}

TEST(Base64Test, UsesTheUrlAlphabetWithoutPaddingWhereAsked) {
  EXPECT_EQ(base64("\xFB\xFF\xFE"), "+//+");
  EXPECT_EQ(base64url("\xFB\xFF\xFE"), "-__-");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(decode_base64("-__-"), "\xFB\xFF\xFE");
  EXPECT_EQ(decode_base64("+//+"), "\xFB\xFF\xFE");
}

TEST(Base64Test, RefusesOtherCharactersAndImpossibleLengths) {
  EXPECT_EQ(decode_base64("Zm9v\n"), std::nullopt);
  EXPECT_EQ(decode_base64("Zm 9"), std::nullopt);
  EXPECT_EQ(decode_base64("Z=g="), std::nullopt);
  EXPECT_EQ(decode_base64("Zm9vY"), std::nullopt);
}

TEST(Base64Test, ReadsBackWhatItWrote) {
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string bytes = random_bytes(size);
    EXPECT_EQ(decode_base64(base64(bytes)), bytes);
    EXPECT_EQ(decode_base64(base64url(bytes)), bytes);
  }
}

}  // namespace
}  // namespace gw::crypto
