# stampede_abi_hash(<output header>) writes a header that defines STAMPEDE_ABI_HASH: the hash of
# every header that both a plugin and its host compile. Nobody raises a version by hand, and nobody
# forgets to. Comments and white space do not count. A change to one of these headers, or a new one
# in core/api/, runs CMake again; the output is only touched when the hash differs.
function(stampede_abi_hash output)
  file(GLOB headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/api/*.hpp")
  list(APPEND headers "${PROJECT_SOURCE_DIR}/core/plugin/abi.hpp"
                      "${PROJECT_SOURCE_DIR}/core/plugin/export.hpp")
  list(SORT headers)
  set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})

  set(hashes "")
  foreach(header IN LISTS headers)
    stampede_code_hash("${header}" hash)
    cmake_path(RELATIVE_PATH header BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
    string(APPEND hashes "${header} ${hash}\n")
  endforeach()
  string(SHA256 all "${hashes}")
  string(SUBSTRING "${all}" 0 16 hash)
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT [[
// Written by CMake from the headers that plugins and host share.
#pragma once

#define STAMPEDE_ABI_HASH "@hash@"
]])
endfunction()

# -fpreprocessed makes the compiler drop the comments and leave directives and macros alone.
function(stampede_code_hash file result)
  execute_process(
    COMMAND "${CMAKE_CXX_COMPILER}" -x c++ -std=c++20 -w -fpreprocessed -dD -E -P "${file}"
    OUTPUT_VARIABLE code COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE "[ \t\r\n]+" " " code "${code}")
  string(SHA256 hash "${code}")
  set(${result} "${hash}" PARENT_SCOPE)
endfunction()
