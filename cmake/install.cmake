# What `cmake --install` puts where, and the packages that CPack makes of it. docs/install.md is the page for people.

set(GW_PACKAGE openclaw-native)
set(CMAKE_INSTALL_DOCDIR "share/doc/${GW_PACKAGE}" CACHE PATH "Where the documentation goes")
include(GNUInstallDirs)

# Not CMAKE_INSTALL_BINDIR and _LIBEXECDIR: the keeper finds its generations as ../libexec beside itself
# (src/keeper/launch.cpp), so that the whole can be moved.
install(TARGETS openclaw RUNTIME DESTINATION bin)
install(TARGETS openclaw-gateway RUNTIME DESTINATION libexec)
# Manual pages and completions, which openclaw-docs has written.
install(DIRECTORY "${CMAKE_BINARY_DIR}/share" DESTINATION .)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME copyright)
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" DESTINATION "${CMAKE_INSTALL_DOCDIR}" FILES_MATCHING PATTERN "*.md")

string(TOLOWER "${CMAKE_SYSTEM_NAME}" GW_SYSTEM)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME "${GW_PACKAGE}")
set(CPACK_PACKAGE_VENDOR "The openclaw-native authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "gateway for personal AI agents that can be restarted at any moment")
set(CPACK_PACKAGE_FILE_NAME "${GW_PACKAGE}-${PROJECT_VERSION}-${GW_SYSTEM}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_GW_UNITS "${CMAKE_BINARY_DIR}/units")
set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_SOURCE_DIR}/cmake/package.cmake")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The openclaw-native authors <openclaw-native@users.noreply.github.com>")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Chat windows and command lines connect to the gateway; it queues their
messages, runs each one as a turn against a language model, streams the
answer back and keeps the conversation. It speaks the protocol of the
OpenClaw Gateway, so that the clients of OpenClaw work with it.
.
A restart, an upgrade of this package included, loses no message and
refuses no client.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded on the first model call (docs/decisions/0006): no tool can see that it is needed.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcurl4 (>= 7.88)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS systemd)
include(CPack)
