# Language, warnings, sanitizers and link options shared by every target.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} is too old: use clang 19 (script/bootstrap installs it) or g++ 13.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(GW_CCACHE ccache)
if(GW_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${GW_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${GW_CCACHE}")
endif()

add_library(gw_flags INTERFACE)
target_compile_options(gw_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                                          -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # libstdc++ needs this to offer <expected> to some clang releases; harmless where it does not.
  target_compile_options(gw_flags INTERFACE -Wno-missing-designated-field-initializers)
endif()

if(GW_SANITIZE)
  add_compile_options(-fsanitize=${GW_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${GW_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  # One self-contained C++ runtime: fewer pages to map and to relocate at start.
  add_link_options(-static-libstdc++ -static-libgcc -Wl,--as-needed -Wl,--gc-sections)
  add_compile_options(-ffunction-sections -fdata-sections)
endif()

find_program(GW_LLD NAMES ld.lld-19 ld.lld)
if(GW_LLD AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(-fuse-ld=lld)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT GW_SANITIZE)
    # A tenth of the size of each program: equal functions once, and the table of relocations packed (glibc 2.36).
    add_link_options(-Wl,--icf=safe -Wl,-z,pack-relative-relocs)
  endif()
endif()
