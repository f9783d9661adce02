# stampede_add_test(<name> <source>... [LIBS <target>...] [CONCURRENCY]) builds one GoogleTest
# program and lists its tests in ctest. With CONCURRENCY the program also belongs to the target
# concurrency_tests and its tests carry that label: they run under ThreadSanitizer too.
include(GoogleTest)
add_custom_target(concurrency_tests)

function(stampede_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "CONCURRENCY" "" "LIBS")
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
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${labels} TIMEOUT 300)
endfunction()
