# The Debian package builds, holds what a plugin's author needs, and names what it needs itself. Run
# with -DBINARY_DIR and -DWORK_DIR. Everything that is packed has been built.
find_program(dpkg_deb dpkg-deb)
if(NOT dpkg_deb)
  message(STATUS "no dpkg-deb here: nothing to test")
  return()
endif()
file(REMOVE_RECURSE "${WORK_DIR}")
# Unpacked, because this is about what is in it. Not built again, because ctest runs beside.
execute_process(
  COMMAND cpack -G DEB --config "${BINARY_DIR}/CPackConfig.cmake" -B "${WORK_DIR}"
          -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip
  OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cpack failed:\n${output}")
endif()
file(GLOB packages "${WORK_DIR}/*.deb")
list(LENGTH packages count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "expected one package, found: ${packages}\n${output}")
endif()
if(NOT packages MATCHES "/stampede_[0-9.]+_[a-z0-9]+\\.deb$")
  message(FATAL_ERROR "not named as Debian names packages: ${packages}")
endif()

execute_process(COMMAND "${dpkg_deb}" -c "${packages}" OUTPUT_VARIABLE content
                COMMAND_ERROR_IS_FATAL ANY)
foreach(file
    usr/bin/stampede usr/bin/stampede-server
    usr/include/stampede/core/api/lock_strategy.hpp usr/include/stampede/core/api/store.hpp
    usr/include/stampede/core/api/gate.hpp
    usr/include/stampede/core/plugin/export.hpp usr/include/stampede/core/plugin/abi.hpp
    usr/include/stampede/core/plugin/abi_hash.hpp
    usr/include/stampede/plugins/stores/write_set.hpp usr/lib/stampede/libstore_parts.a
    usr/lib/cmake/Stampede/StampedeConfig.cmake usr/lib/cmake/Stampede/StampedeConfigVersion.cmake
    usr/lib/cmake/Stampede/AddPlugin.cmake
    usr/lib/stampede/plugins/locks/optimistic.so usr/lib/stampede/plugins/stores/sqlite.so
    usr/lib/stampede/plugins/gates/memory.so
    usr/lib/stampede/plugins/frontends/pistache.so
    usr/share/stampede/catalogue/lock-granularity.yaml
    usr/share/doc/stampede/writing-a-plugin.md)
  if(NOT content MATCHES " \\./${file}\n")
    message(SEND_ERROR "${file} is not in the package:\n${content}")
  endif()
endforeach()
if(content MATCHES "fixtures|loses_updates|_test")
  message(SEND_ERROR "what is for tests only is in the package:\n${content}")
endif()

execute_process(COMMAND "${dpkg_deb}" -f "${packages}" Depends OUTPUT_VARIABLE depends
                COMMAND_ERROR_IS_FATAL ANY)
foreach(library libc6 libsqlite3-0 libpistache)
  if(NOT depends MATCHES "${library}")
    message(SEND_ERROR "the package does not depend on ${library}: ${depends}")
  endif()
endforeach()

# Unpacked somewhere else, it runs.
execute_process(COMMAND "${dpkg_deb}" -x "${packages}" "${WORK_DIR}/root" COMMAND_ERROR_IS_FATAL ANY)
unset(ENV{STAMPEDE_PLUGIN_PATH})
execute_process(COMMAND "${WORK_DIR}/root/usr/bin/stampede" plugins lock/optimistic
                OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
if(NOT listed MATCHES "attempts")
  message(FATAL_ERROR "the unpacked package does not find its plugins:\n${listed}")
endif()
