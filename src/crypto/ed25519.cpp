#include "crypto/ed25519.hpp"

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"

namespace gw::crypto {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key private_key(std::string_view seed) {
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
}

Key public_key(std::string_view bytes) {
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size()));
}

using RawGetter = int (*)(const EVP_PKEY*, unsigned char*, std::size_t*);

std::string raw_bytes(const EVP_PKEY* key, RawGetter get) {
  std::string bytes(kKeyBytes, '\0');
  std::size_t length = bytes.size();
  if (!key || get(key, reinterpret_cast<unsigned char*>(bytes.data()), &length) != 1) return {};
  bytes.resize(length);
  return bytes;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(length));
}

}  // namespace

Result<KeyPair> generate_key_pair() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  KeyPair pair{raw_bytes(key.get(), EVP_PKEY_get_raw_private_key),
               raw_bytes(key.get(), EVP_PKEY_get_raw_public_key)};
  if (pair.seed.size() != kKeyBytes) return fail(Code::Unavailable, "could not generate a device key");
  return pair;
}

Result<KeyPair> key_pair_of(std::string_view seed) {
  if (seed.size() != kKeyBytes) return fail(Code::InvalidRequest, "an Ed25519 seed has 32 bytes");
  const Key key = private_key(seed);
  return KeyPair{std::string(seed), raw_bytes(key.get(), EVP_PKEY_get_raw_public_key)};
}

Result<std::string> sign(const KeyPair& pair, std::string_view message) {
  const Key key = private_key(pair.seed);
  const Context context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t length = signature.size();
  if (!key || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     bytes_of(message), message.size()) != 1) {
    return fail(Code::Unavailable, "could not sign with the device key");
  }
  return signature;
}

bool verify(std::string_view key_bytes, std::string_view message, std::string_view signature) {
  if (key_bytes.size() != kKeyBytes || signature.size() != kSignatureBytes) return false;
  const Key key = public_key(key_bytes);
  const Context context(EVP_MD_CTX_new());
  return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

Result<std::string> read_public_key(std::string_view text) {
  if (text.contains("-----BEGIN")) {
    const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
    std::string bytes = raw_bytes(key.get(), EVP_PKEY_get_raw_public_key);
    if (bytes.size() == kKeyBytes) return bytes;
  } else if (auto bytes = decode_base64(trimmed(text)); bytes && bytes->size() == kKeyBytes) {
    return *std::move(bytes);
  }
  return fail(Code::InvalidRequest, "not an Ed25519 public key");
}

std::string private_key_pem(const KeyPair& pair) {
  const Key key = private_key(pair.seed);
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

std::string public_key_pem(const KeyPair& pair) {
  const Key key = public_key(pair.public_key);
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), key.get());
  return text_of(bio.get());
}

Result<KeyPair> read_private_key_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  const std::string seed = raw_bytes(key.get(), EVP_PKEY_get_raw_private_key);
  if (seed.size() != kKeyBytes) return fail(Code::InvalidRequest, "not an Ed25519 private key in PEM form");
  return key_pair_of(seed);
}

std::string device_id(std::string_view key_bytes) { return hex(sha256(key_bytes)); }

}  // namespace gw::crypto
