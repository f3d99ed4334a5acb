# What `cmake --install` and the Debian package (cpack -G DEB) hold.
include(GNUInstallDirs)

install(TARGETS keelvip RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Documents may hold VRRP passwords.
install(DIRECTORY DESTINATION /etc/keelvip
  DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/debian/default DESTINATION /etc/default RENAME keelvip)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/keelvip.service DESTINATION /lib/systemd/system)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Debian wants manual pages and changelogs compressed, without a time stamp inside.
function(keelvip_install_gzip SOURCE DESTINATION NAME)
  set(compressed ${PROJECT_BINARY_DIR}/gzip/${NAME}.gz)
  add_custom_command(OUTPUT ${compressed}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/gzip
    COMMAND gzip -9 -n -c ${SOURCE} > ${compressed}
    DEPENDS ${SOURCE} VERBATIM)
  add_custom_target(gzip_${NAME} ALL DEPENDS ${compressed})
  install(FILES ${compressed} DESTINATION ${DESTINATION})
endfunction()
keelvip_install_gzip(${PROJECT_SOURCE_DIR}/docs/man/keelvip.1 ${CMAKE_INSTALL_MANDIR}/man1 keelvip.1)
keelvip_install_gzip(${PROJECT_SOURCE_DIR}/deploy/debian/changelog ${CMAKE_INSTALL_DOCDIR} changelog)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/debian/lintian-overrides
  DESTINATION share/lintian/overrides RENAME keelvip)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME keelvip)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keeps virtual IP addresses alive on bare metal")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"One agent per node reads declarative VirtualIP documents. An embedded VRRP
speaker (versions 2 and 3) elects which node holds each address, health checks
decide which nodes are fit, and the result is published as JSON status and
Prometheus metrics. It speaks with keepalived and other VRRP routers.")
# The project has no mailbox, and .invalid says so (RFC 2606); scripts/build-deb names whoever builds
# a package for others.
set(CPACK_PACKAGE_CONTACT "Keelvip project <keelvip@keelvip.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# deb-systemd-helper and -invoke come from init-system-helpers, which is essential.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(debian ${PROJECT_BINARY_DIR}/debian)
file(MAKE_DIRECTORY ${debian})
file(WRITE ${debian}/conffiles "/etc/default/keelvip\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
  ${PROJECT_SOURCE_DIR}/deploy/debian/prerm
  ${PROJECT_SOURCE_DIR}/deploy/debian/postrm
  ${debian}/conffiles)
include(CPack)
