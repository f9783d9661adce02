# The hash of a header follows its code and nothing else. Run with -DSOURCE_DIR, -DWORK_DIR and
# -DCMAKE_CXX_COMPILER.
include("${SOURCE_DIR}/cmake/AbiHash.cmake")

function(hash_of code result)
  file(WRITE "${WORK_DIR}/header.hpp" "${code}")
  stampede_code_hash("${WORK_DIR}/header.hpp" hash)
  set(${result} "${hash}" PARENT_SCOPE)
endfunction()

function(expect_same what code)
  hash_of("${code}" hash)
  if(NOT hash STREQUAL reference)
    message(SEND_ERROR "${what} changed the hash")
  endif()
endfunction()

function(expect_different what code)
  hash_of("${code}" hash)
  if(hash STREQUAL reference)
    message(SEND_ERROR "${what} did not change the hash")
  endif()
endfunction()

hash_of("struct Wallet { int money; };\nconst char* url = \"http://a\";\n" reference)
expect_same("a comment" "// Money.\nstruct Wallet { int money; /* minor */ };\nconst char* url = \"http://a\";\n")
expect_same("white space" "struct Wallet {\n    int money;\n};\n\nconst char* url = \"http://a\";\n")
expect_different("a type" "struct Wallet { long money; };\nconst char* url = \"http://a\";\n")
expect_different("a string" "struct Wallet { int money; };\nconst char* url = \"http://b\";\n")
expect_different("a macro" "#define int long\nstruct Wallet { int money; };\nconst char* url = \"http://a\";\n")
