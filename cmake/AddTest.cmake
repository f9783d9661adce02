# stampede_add_test(<name> <source>... [LIBS <target>...] [CONCURRENCY] [SHARDS <n>]) builds one
# GoogleTest program and lists its tests in ctest. With SHARDS it lists n parts of the program
# instead, <name>/1 and so on: for many tests that share what is slow to start, such as a database
# server. With CONCURRENCY the program also belongs to the target
# concurrency_tests and its tests carry that label: they run under ThreadSanitizer too.
include(GoogleTest)
add_custom_target(concurrency_tests)

function(stampede_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CONCURRENCY" "SHARDS" "LIBS")
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE stampede_options ${arg_LIBS} GTest::gmock GTest::gtest_main
                                        Threads::Threads)
  target_compile_definitions(${name} PRIVATE
    STAMPEDE_PLUGIN_DIR="${PROJECT_BINARY_DIR}/plugins"
    STAMPEDE_BINARY_DIR="${PROJECT_BINARY_DIR}"
    STAMPEDE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_dependencies(${name} all_plugins)
  set(labels "unit")
  if(arg_CONCURRENCY)
    add_dependencies(concurrency_tests ${name})
    set(labels "concurrency")
  endif()
  if(NOT arg_SHARDS)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${labels} TIMEOUT 300)
    return()
  endif()
  math(EXPR last "${arg_SHARDS} - 1")
  foreach(index RANGE ${last})
    math(EXPR number "${index} + 1")
    add_test(NAME ${name}/${number} COMMAND ${name})
    set_tests_properties(${name}/${number} PROPERTIES LABELS ${labels} TIMEOUT 900
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()
