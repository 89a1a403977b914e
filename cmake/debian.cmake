# Run by CPack on the files of a Debian package (cmake/package.cmake): what Debian wants otherwise than an archive.
# CPACK_TEMPORARY_DIRECTORY becomes the package.

set(share "${CPACK_TEMPORARY_DIRECTORY}/usr/share")
set(doc "${share}/doc/openclaw-native")

# A user's gateway as a service of the system; a user's own service is what `openclaw gateway install` makes.
file(COPY "${CPACK_GW_UNITS}/openclaw-gateway@.service"
  DESTINATION "${CPACK_TEMPORARY_DIRECTORY}/usr/lib/systemd/system")

# Its shells look elsewhere.
file(MAKE_DIRECTORY "${share}/zsh/vendor-completions")
file(RENAME "${share}/zsh/site-functions/_openclaw" "${share}/zsh/vendor-completions/_openclaw")
file(REMOVE_RECURSE "${share}/zsh/site-functions")

# Pages and changes are compressed, without the time at which that was done.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${doc}/changelog" "openclaw-native (${CPACK_PACKAGE_VERSION}) stable; urgency=medium\n\n"
  "  * ${CPACK_PACKAGE_NAME} ${CPACK_PACKAGE_VERSION}: CHANGELOG.md beside this file says what changed.\n\n"
  " -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  ${date}\n")
file(GLOB pages "${share}/man/man1/*.1")
execute_process(COMMAND gzip -9nf "${doc}/changelog" ${pages} COMMAND_ERROR_IS_FATAL ANY)
