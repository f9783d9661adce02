# For plugins that are built outside of Stampede's own tree:
#
#   find_package(stampede REQUIRED)
#   stampede_add_plugin(locks mine mine.cpp)
#
# builds plugins/locks/mine.so; `cmake --install` puts it where an installed stampede finds it, or
# STAMPEDE_PLUGIN_PATH names the directory plugins/ of the build.
if(TARGET stampede_api)
  return()
endif()
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.74)

set(CMAKE_CXX_STANDARD 20)  # Part of what has to fit; a host refuses a plugin that differs.
set(CMAKE_CXX_STANDARD_REQUIRED ON)

add_library(stampede_api INTERFACE)
target_include_directories(stampede_api SYSTEM INTERFACE
                           "${CMAKE_CURRENT_LIST_DIR}/../../../include/stampede")
target_compile_definitions(stampede_api INTERFACE BOOST_DLL_USE_STD_FS)
target_link_libraries(stampede_api INTERFACE Boost::headers)

add_library(stampede_options INTERFACE)  # Warnings are a matter of the plugin's own project.

include("${CMAKE_CURRENT_LIST_DIR}/AddPlugin.cmake")
