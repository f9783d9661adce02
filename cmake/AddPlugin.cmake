# stampede_add_plugin(<folder> <name> <source>... [LIBS <target>...]) builds
# <build>/plugins/<folder>/<name>.so, the path that the Catalog looks up. Every plugin joins the
# target all_plugins.
add_custom_target(all_plugins)

function(stampede_add_plugin folder name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LIBS")
  set(target ${folder}_${name})
  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE stampede_api stampede_options ${arg_LIBS})
  target_link_options(${target} PRIVATE LINKER:-z,defs)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name}
    PREFIX ""
    SUFFIX ".so"
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/plugins/${folder}")
  add_dependencies(all_plugins ${target})
endfunction()
