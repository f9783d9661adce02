# stampede_add_plugin(<folder> <name> <source>... [LIBS <target>...] [FIXTURE]) builds
# <build>/plugins/<folder>/<name>.so, the path that the Catalog looks up, and installs it to
# lib/stampede/plugins/<folder>/. Every plugin joins the target all_plugins. The folder may also be
# called by its kind: lock means locks.
#
# A FIXTURE is for tests: it goes to <build>/tests/fixtures/plugins/<folder>/, joins the target
# fixture_plugins, and is neither listed nor installed.
add_custom_target(all_plugins)
add_custom_target(fixture_plugins)

function(stampede_plugin_folder text result)
  string(REGEX REPLACE "s$" "" kind "${text}")
  set(${result} "${kind}s" PARENT_SCOPE)
endfunction()

function(stampede_add_plugin folder name)
  stampede_plugin_folder("${folder}" folder)
  cmake_parse_arguments(PARSE_ARGV 2 arg "FIXTURE" "" "LIBS")
  set(target ${folder}_${name})
  set(group all_plugins)
  set(directory "${PROJECT_BINARY_DIR}/plugins/${folder}")
  if(arg_FIXTURE)
    set(target fixture_${folder}_${name})
    set(group fixture_plugins)
    set(directory "${PROJECT_BINARY_DIR}/tests/fixtures/plugins/${folder}")
  endif()

  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE stampede_api stampede_options ${arg_LIBS})
  # A forgotten symbol is found when the plugin is built, not when somebody loads it.
  target_link_options(${target} PRIVATE LINKER:-z,defs)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name}
    PREFIX ""
    SUFFIX ".so"
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${directory}")
  add_dependencies(${group} ${target})
  if(NOT arg_FIXTURE)
    install(TARGETS ${target} COMPONENT plugins
            LIBRARY DESTINATION "lib/stampede/plugins/${folder}")
  endif()
endfunction()
