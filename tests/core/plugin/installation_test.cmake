# An installed stampede finds installed plugins, and the installed headers suffice to build one. Run
# with -DBINARY_DIR, -DSOURCE_DIR, -DWORK_DIR and -DCMAKE_CXX_COMPILER.
file(REMOVE_RECURSE "${WORK_DIR}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
endfunction()

foreach(component bench headers)
  run("${CMAKE_COMMAND}" --install "${BINARY_DIR}" --prefix "${WORK_DIR}/installed"
      --component ${component})
endforeach()

run("${CMAKE_COMMAND}" -S "${SOURCE_DIR}/tests/fixtures/outside_plugin" -B "${WORK_DIR}/outside"
    -G Ninja "-DCMAKE_PREFIX_PATH=${WORK_DIR}/installed"
    "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}")
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/outside")
run("${CMAKE_COMMAND}" --install "${WORK_DIR}/outside" --prefix "${WORK_DIR}/installed")

# From another directory and through a link, as a distribution might have it.
file(MAKE_DIRECTORY "${WORK_DIR}/links")
file(CREATE_LINK "${WORK_DIR}/installed/bin/stampede" "${WORK_DIR}/links/stampede" SYMBOLIC)
unset(ENV{STAMPEDE_PLUGIN_PATH})
execute_process(COMMAND "${WORK_DIR}/links/stampede" plugins lock/outside
                WORKING_DIRECTORY / OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
if(NOT listed MATCHES "lock +outside +Built in a project of its own")
  message(FATAL_ERROR "the installed plugin is not listed as usable:\n${listed}")
endif()
