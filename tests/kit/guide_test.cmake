# Runs every command of the guide, as one script in an empty directory, and looks for the row that
# it promises. Run with -DGUIDE, -DSTAMPEDE (a build tree or an installation), -DWORK_DIR and
# -DCMAKE_CXX_COMPILER.
file(READ "${GUIDE}" guide)
string(REPLACE ";" "\\;" guide "${guide}")
string(REPLACE "[" "<" guide "${guide}")  # Brackets would join the elements of a list.
string(REPLACE "]" ">" guide "${guide}")
string(REPLACE "\n" ";" lines "${guide}")
set(script "set -eu\n")
set(inside OFF)
set(blocks 0)
foreach(line IN LISTS lines)
  if(line STREQUAL "```sh")
    set(inside ON)
    math(EXPR blocks "${blocks} + 1")
  elseif(line MATCHES "^```")
    set(inside OFF)
  elseif(inside)
    string(APPEND script "${line}\n")
  endif()
endforeach()
if(blocks LESS 5)
  message(FATAL_ERROR "found ${blocks} blocks of commands only in ${GUIDE}")
endif()

file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
file(WRITE "${WORK_DIR}/commands.sh" "${script}")
set(ENV{STAMPEDE} "${STAMPEDE}")
set(ENV{PATH} "${STAMPEDE}:${STAMPEDE}/bin:$ENV{PATH}")
set(ENV{CXX} "${CMAKE_CXX_COMPILER}")
execute_process(COMMAND bash commands.sh WORKING_DIRECTORY "${WORK_DIR}"
                OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the guide's commands failed (${result}):\n${output}\n${errors}")
endif()
foreach(expected "3 promises kept, 0 broken" "lock +per_shelf +One lock for everything"
        "longest_wait" "per_shelf( \\*)? +[0-9]"
        "front_desk( \\*)? +[0-9]")
  if(NOT output MATCHES "${expected}")
    message(FATAL_ERROR "the guide's commands did not print \"${expected}\":\n${output}\n${errors}")
  endif()
endforeach()
