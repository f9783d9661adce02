cmake_minimum_required(VERSION 3.25)  # A script of its own: it inherits no policies.
# Writes the C++ file that holds every template. Run as a script with -DOUTPUT and -DENTRIES, a list
# of kind|file.
set(rows "")
foreach(entry IN LISTS ENTRIES)
  string(REGEX MATCH "^([^|]+)[|](.+)$" matched "${entry}")
  set(kind "${CMAKE_MATCH_1}")
  set(file "${CMAKE_MATCH_2}")
  file(READ "${file}" text)
  get_filename_component(name "${file}" NAME)
  string(REGEX REPLACE "\\.in$" "" name "${name}")
  if(file MATCHES "/plugins/stores/memory/")
    string(REPLACE "plugins/stores/memory/" "" text "${text}")
    string(REPLACE "stores::memory" "stores::@NAME@_store" text "${text}")
    string(REPLACE "MemoryStore" "@CLASS@Store" text "${text}")
    string(REPLACE "memory store" "@NAME@ store" text "${text}")
    string(REPLACE "\"memory\"" "\"@NAME@\"" text "${text}")
  endif()
  if(file MATCHES "/plugins/transports/inline[.]cpp$")
    set(name "NAME.cpp")
    string(REPLACE "\"inline\"" "\"@NAME@\"" text "${text}")
    string(REPLACE "Inline" "@CLASS@" text "${text}")
  endif()
  string(APPEND rows "    {\"${kind}\", \"${name}\", R\"template(${text})template\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Generated from the templates; do not edit.

#include \"experiments/templates/project.hpp\"

namespace stampede::templates {
namespace {

constexpr TemplateFile kFiles[] = {
${rows}};

}  // namespace

std::span<const TemplateFile> files() { return kFiles; }

}  // namespace stampede::templates
")
