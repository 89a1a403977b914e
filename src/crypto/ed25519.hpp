#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace gw::crypto {

/// An Ed25519 key pair. `seed` is the 32-byte private key of RFC 8032, `public_key` its 32 public bytes.
struct KeyPair {
  std::string seed;
  std::string public_key;
};

/// A new random pair. Fails with `Code::Unavailable` when the system has no random bytes to give.
Result<KeyPair> generate_key_pair();

/// The pair of a known seed; `Code::InvalidRequest` when `seed` is not 32 bytes.
Result<KeyPair> key_pair_of(std::string_view seed);

/// 64 raw bytes.
Result<std::string> sign(const KeyPair& key, std::string_view message);

/// False for a wrong signature and for a key or signature of the wrong length.
bool verify(std::string_view public_key, std::string_view message, std::string_view signature);

/// 32 raw bytes of a public key given as base64url or as a PEM block; `Code::InvalidRequest` otherwise.
Result<std::string> read_public_key(std::string_view text);

/// PKCS #8 and SubjectPublicKeyInfo PEM blocks, as OpenClaw stores a device key.
std::string private_key_pem(const KeyPair& key);
std::string public_key_pem(const KeyPair& key);
Result<KeyPair> read_private_key_pem(std::string_view pem);

/// The device id of a public key: lower-case hexadecimal SHA-256 of its 32 bytes.
std::string device_id(std::string_view public_key);

}  // namespace gw::crypto
