#pragma once

#include <cstddef>
#include <string>

namespace gw::crypto {

/// `count` unpredictable bytes. Aborts when the system has none: nothing safe can be done then.
std::string random_bytes(std::size_t count);

}  // namespace gw::crypto
