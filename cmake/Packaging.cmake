# What an installation holds besides programs and plugins, which are installed where they are built:
# what it takes to build a plugin outside of this tree. And the Debian package of it all.
include(CMakePackageConfigHelpers)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/core/api" COMPONENT headers
        DESTINATION include/stampede/core FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/core/plugin/abi.hpp"
              "${PROJECT_SOURCE_DIR}/core/plugin/export.hpp"
              "${PROJECT_BINARY_DIR}/generated/core/plugin/abi_hash.hpp"
        COMPONENT headers DESTINATION include/stampede/core/plugin)
file(GLOB store_headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/plugins/stores/*.hpp")
install(FILES ${store_headers} COMPONENT headers DESTINATION include/stampede/plugins/stores)
install(TARGETS store_parts COMPONENT headers ARCHIVE DESTINATION lib/stampede)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/experiments/catalogue" COMPONENT bench
        DESTINATION share/stampede FILES_MATCHING PATTERN "*.yaml")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/NOTICE"
              "${PROJECT_SOURCE_DIR}/docs/writing-a-plugin.md"
        COMPONENT headers DESTINATION share/doc/stampede)

# One for the installation, relative to where it lies, and one for the build tree.
function(stampede_write_config file)
  cmake_parse_arguments(PARSE_ARGV 1 STAMPEDE_CONFIG "" "PROGRAM;STORE_PARTS;ADD_PLUGIN" "INCLUDES")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/StampedeConfig.cmake.in" "${file}" @ONLY)
endfunction()
set(here "\${CMAKE_CURRENT_LIST_DIR}")
stampede_write_config("${PROJECT_BINARY_DIR}/installed/StampedeConfig.cmake"
  INCLUDES "\"${here}/../../../include/stampede\""
  PROGRAM "${here}/../../../bin/stampede"
  STORE_PARTS "${here}/../../stampede/libstore_parts.a"
  ADD_PLUGIN "${here}/AddPlugin.cmake")
stampede_write_config("${PROJECT_BINARY_DIR}/StampedeConfig.cmake"
  INCLUDES "\"${PROJECT_SOURCE_DIR}\" \"${PROJECT_BINARY_DIR}/generated\""
  PROGRAM "${PROJECT_BINARY_DIR}/stampede"
  STORE_PARTS "${PROJECT_BINARY_DIR}/plugins/stores/libstore_parts.a"
  ADD_PLUGIN "${PROJECT_SOURCE_DIR}/cmake/AddPlugin.cmake")
# Before 1.0 anything may change with the second number.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/StampedeConfigVersion.cmake"
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/installed/StampedeConfig.cmake"
              "${PROJECT_BINARY_DIR}/StampedeConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/AddPlugin.cmake"
        COMPONENT headers DESTINATION lib/cmake/Stampede)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME stampede)
set(CPACK_PACKAGE_CONTACT "The Stampede authors <stampede@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "Measures what a change of lock, store or front door does to speed and correctness")
set(CPACK_PACKAGE_DESCRIPTION
    "A reference platform for flash-sale order and coupon systems whose lock strategy, store and
front door are plugins, the bench that compares them, and what it takes to write another plugin.")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "g++, cmake, libboost-dev, libexpected-dev")
include(CPack)
