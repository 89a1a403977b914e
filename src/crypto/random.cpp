#include "crypto/random.hpp"

#include <openssl/rand.h>

#include "base/check.hpp"

namespace gw::crypto {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  GW_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace gw::crypto
