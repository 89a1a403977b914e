#include "crypto/ed25519.hpp"

#include <string>

#include <gtest/gtest.h>

#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

namespace gw::crypto {
namespace {

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

struct Vector {
  std::string_view seed, public_key, message, signature;
};

// RFC 8032, section 7.1, tests 1 to 3.
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f"
     "0595bbe24"
     "655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2ea"
     "eb4302aee"
     "b00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e"
     "9716ed28d"
     "c027beceea1ec40a"},
};

KeyPair example_key() { return key_pair_of(from_hex(kVectors[0].seed)).value(); }

TEST(Ed25519Test, MatchesTheVectorsOfRfc8032) {
  for (const Vector& vector : kVectors) {
    const auto key = key_pair_of(from_hex(vector.seed));
    ASSERT_TRUE(key);
    EXPECT_EQ(hex(key->public_key), vector.public_key);
    const auto signature = sign(*key, from_hex(vector.message));
    ASSERT_TRUE(signature);
    EXPECT_EQ(hex(*signature), vector.signature);
    EXPECT_TRUE(verify(key->public_key, from_hex(vector.message), *signature));
  }
}

// The worked example of a device that signs its connect request.
TEST(Ed25519Test, SignsTheDevicePayloadsAsOpenClawExpects) {
  const KeyPair key = example_key();
  const std::string id = "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9";
  EXPECT_EQ(device_id(key.public_key), id);
  EXPECT_EQ(base64url(key.public_key), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  const std::string fields = "|" + id +
                             "|cli|cli|operator|operator.read,operator.write|1737264000000|secret-token|"
                             "00000000-0000-4000-8000-000000000000";
  EXPECT_EQ(base64url(sign(key, "v3" + fields + "|macos|iphone").value()),
            "Ycx1bOn6BO0POs7BFA1KF3hiV14grkn8KMKdMCwMc5GoiQMFgOwXgIoFmUoGdGUoFbgwF8BvA9jJqjJ79ydDBg");
  EXPECT_EQ(base64url(sign(key, "v2" + fields).value()),
            "A09whyVmbBFUCD27bpF5PsDAED_VStwS-1VKIDJO98Icae2F-BACbBByNUd6SxGO7bqZRNQ3zBnc1MLnLehPAA");
}

TEST(Ed25519Test, RefusesAChangedMessageSignatureOrKey) {
  const KeyPair key = example_key();
  const std::string signature = sign(key, "message").value();
  std::string wrong = signature;
  wrong[10] = static_cast<char>(wrong[10] ^ 1);
  EXPECT_FALSE(verify(key.public_key, "Message", signature));
  EXPECT_FALSE(verify(key.public_key, "message", wrong));
  EXPECT_FALSE(verify(generate_key_pair()->public_key, "message", signature));
}

TEST(Ed25519Test, RefusesKeysAndSignaturesOfAWrongLength) {
  const KeyPair key = example_key();
  const std::string signature = sign(key, "message").value();
  EXPECT_FALSE(verify(key.public_key.substr(1), "message", signature));
  EXPECT_FALSE(verify(key.public_key, "message", signature.substr(1)));
  EXPECT_FALSE(verify("", "message", ""));
  EXPECT_EQ(key_pair_of("short").error().code, Code::InvalidRequest);
}

TEST(Ed25519Test, RefusesToSignWithABrokenKey) {
  EXPECT_EQ(sign(KeyPair{"short", "short"}, "message").error().code, Code::Unavailable);
}

TEST(Ed25519Test, GeneratesAnotherKeyEachTime) {
  const auto a = generate_key_pair();
  const auto b = generate_key_pair();
  ASSERT_TRUE(a && b);
  EXPECT_NE(a->seed, b->seed);
  EXPECT_EQ(key_pair_of(a->seed)->public_key, a->public_key);
}

TEST(Ed25519Test, ReadsBackThePemBlocksItWrites) {
  const KeyPair key = generate_key_pair().value();
  const std::string pem = private_key_pem(key);
  EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n")) << pem;
  EXPECT_EQ(read_private_key_pem(pem)->seed, key.seed);
  EXPECT_EQ(read_private_key_pem(pem)->public_key, key.public_key);
  EXPECT_EQ(read_public_key(public_key_pem(key)), key.public_key);
}

TEST(Ed25519Test, ReadsAPublicKeyAsBase64url) {
  const KeyPair key = example_key();
  EXPECT_EQ(read_public_key(base64url(key.public_key)), key.public_key);
  EXPECT_EQ(read_public_key(" " + base64(key.public_key) + "\n"), key.public_key);
}

TEST(Ed25519Test, RefusesWhatIsNotAKey) {
  EXPECT_EQ(read_public_key("").error().code, Code::InvalidRequest);
  EXPECT_EQ(read_public_key("Zm9v").error().code, Code::InvalidRequest);
  EXPECT_EQ(read_public_key("-----BEGIN PUBLIC KEY-----\nZm9v\n-----END PUBLIC KEY-----\n").error().code,
            Code::InvalidRequest);
  EXPECT_EQ(read_private_key_pem("nothing").error().code, Code::InvalidRequest);
}

}  // namespace
}  // namespace gw::crypto
