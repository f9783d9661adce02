# Turns .sql files into a C++ header: an enumerator and a text for each query, and the migrations
# in their order. Included, it offers stampede_embed_sql(<header> NAMESPACE <dialect> [DOLLARS]
# QUERIES <file>... MIGRATIONS <file>...); run as a script (cmake -P), it writes the header.
#
# Of two queries with one name the later file counts, so that a dialect overrides what is shared.
# DOLLARS turns the parameters ?1, ?2, ... into $1, $2, ...
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(STAMPEDE_EMBED_SQL_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")
  function(stampede_embed_sql header)
    cmake_parse_arguments(PARSE_ARGV 1 arg "DOLLARS" "NAMESPACE" "QUERIES;MIGRATIONS")
    add_custom_command(
      OUTPUT "${header}"
      COMMAND "${CMAKE_COMMAND}" "-DHEADER=${header}" "-DNAMESPACE=${arg_NAMESPACE}"
              "-DDOLLARS=${arg_DOLLARS}" "-DQUERIES=${arg_QUERIES}"
              "-DMIGRATIONS=${arg_MIGRATIONS}" -P "${STAMPEDE_EMBED_SQL_SCRIPT}"
      DEPENDS ${arg_QUERIES} ${arg_MIGRATIONS} "${STAMPEDE_EMBED_SQL_SCRIPT}"
      COMMENT "Embedding SQL"
      VERBATIM)
  endfunction()
  return()
endif()

# "product_by_id" becomes "kProductById".
function(enumerator_of name result)
  string(REPLACE "_" ";" words "${name}")
  set(enumerator "k")
  foreach(word IN LISTS words)
    string(SUBSTRING "${word}" 0 1 first)
    string(SUBSTRING "${word}" 1 -1 rest)
    string(TOUPPER "${first}" first)
    string(APPEND enumerator "${first}${rest}")
  endforeach()
  set(${result} "${enumerator}" PARENT_SCOPE)
endfunction()

set(names "")
foreach(file IN LISTS QUERIES)
  get_filename_component(name "${file}" NAME_WE)
  list(APPEND names "${name}")
  set(file_of_${name} "${file}")
endforeach()
list(REMOVE_DUPLICATES names)
set(enumerators "")
set(texts "")
foreach(name IN LISTS names)
  file(READ "${file_of_${name}}" text)
  if(DOLLARS)
    string(REGEX REPLACE "\\?([0-9]+)" "$\\1" text "${text}")
  endif()
  enumerator_of("${name}" enumerator)
  string(APPEND enumerators "  ${enumerator},\n")
  string(APPEND texts "    {\"${name}\", R\"sql(${text})sql\"},\n")
endforeach()
set(steps "")
set(expected 1)
list(SORT MIGRATIONS)
foreach(file IN LISTS MIGRATIONS)
  get_filename_component(name "${file}" NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$" OR NOT CMAKE_MATCH_1 EQUAL expected)
    message(FATAL_ERROR "${file}: the next migration must be numbered ${expected}: 0001_name.sql")
  endif()
  math(EXPR expected "${expected} + 1")
  file(READ "${file}" text)
  string(APPEND steps "    {\"${name}\", R\"sql(${text})sql\"},\n")
endforeach()

file(WRITE "${HEADER}" "// Generated from the .sql files; do not edit.

#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include \"plugins/stores/named_text.hpp\"

namespace stampede::stores::${NAMESPACE} {

enum class Query : std::uint16_t {
${enumerators}};

using stores::NamedText;

inline constexpr NamedText kQueries[] = {
${texts}};
inline constexpr std::size_t kQueryCount = std::size(kQueries);

// The first one makes version 1 of the schema.
inline constexpr NamedText kMigrations[] = {
${steps}};

}  // namespace stampede::stores::${NAMESPACE}
")
