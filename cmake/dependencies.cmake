# Every outside library, found once. Which module may use which is decided in modules.cmake.

set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL 3 REQUIRED)
# Inside the program where there is an archive of it: one shared library less, and the version that was tested.
find_library(SQLite3_LIBRARY NAMES libsqlite3.a sqlite3)
find_package(SQLite3 3.40 REQUIRED)
find_library(GW_MATH_LIBRARY m REQUIRED)
set_property(TARGET SQLite::SQLite3 APPEND PROPERTY INTERFACE_LINK_LIBRARIES "${GW_MATH_LIBRARY};${CMAKE_DL_LIBS}")
find_package(CURL 7.88 REQUIRED)
find_package(Threads REQUIRED)
find_library(GW_RE2_LIBRARY NAMES libre2.a re2 REQUIRED)
find_path(GW_RE2_INCLUDE_DIR re2/re2.h REQUIRED)
add_library(RE2::RE2 UNKNOWN IMPORTED)
set_target_properties(RE2::RE2 PROPERTIES IMPORTED_LOCATION "${GW_RE2_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${GW_RE2_INCLUDE_DIR}" INTERFACE_LINK_LIBRARIES Threads::Threads)
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
