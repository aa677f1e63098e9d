# make deb: CPack's Debian package. What its scripts do beyond dpkg's own work is install-cni-plugin.sh's.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # only the plugins are installed
install(TARGETS azure-vnet azure-vnet-ipam DESTINATION opt/cni/bin)
install(FILES conf/transparent.conflist DESTINATION etc/cni/net.d RENAME 10-azure.conflist
  PERMISSIONS OWNER_READ OWNER_WRITE)
install(PROGRAMS scripts/install-cni-plugin.sh DESTINATION usr/sbin)
install(FILES LICENSE THIRD_PARTY_LICENSES licenses/LGPL-2.1.txt README.md DESTINATION usr/share/doc/azure-vnet-cni)
foreach(plugin azure-vnet azure-vnet-ipam)
  install(FILES ${PROJECT_BINARY_DIR}/${plugin}.8 DESTINATION usr/share/man/man8)
  install(FILES ${PROJECT_BINARY_DIR}/${plugin}.bash DESTINATION usr/share/bash-completion/completions
    RENAME ${plugin})
endforeach()

# Debian's versions begin with a digit.
string(REGEX REPLACE "^v" "" debian_version "${AZCNI_VERSION}")
if(NOT debian_version MATCHES "^[0-9]+\\.")
  set(debian_version "0~${debian_version}")
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME azure-vnet-cni)
set(CPACK_PACKAGE_VERSION ${debian_version})
set(CPACK_PACKAGE_CONTACT "The azure-vnet CNI authors <azure-vnet-cni@example.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "CNI plugins that attach containers to the VNET of an Azure VM")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS containernetworking-plugins)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/scripts/debian/conffiles ${PROJECT_SOURCE_DIR}/scripts/debian/postinst
  ${PROJECT_SOURCE_DIR}/scripts/debian/prerm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
