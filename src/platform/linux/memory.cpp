#include "platform/memory.hpp"

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/mman.h>

namespace gw::platform {

void release_startup_code() {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line)) {
    std::uintptr_t start = 0;
    std::uintptr_t end = 0;
    char permissions[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &start, &end, permissions) != 3) continue;
    // Only code from a file: nobody has written to it, so that dropping it loses nothing.
    if (std::string_view(permissions) != "r-xp" || line.find('/') == std::string::npos) continue;
    (void)::madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
  }
}

}  // namespace gw::platform
