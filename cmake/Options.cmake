# Warnings and sanitizers, for every target of ours and for nothing else.
set(STAMPEDE_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, address,undefined or thread")

add_library(stampede_options INTERFACE)
target_compile_options(stampede_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Woverloaded-virtual
  -Wnon-virtual-dtor -Werror
  -Wno-restrict -Wno-maybe-uninitialized  # False positives of g++ 12 on std::string when optimising.
  -Wno-missing-field-initializers)  # Designated initializers leave the rest at its default.
if(STAMPEDE_SANITIZE)
  target_compile_options(stampede_options INTERFACE
    -fsanitize=${STAMPEDE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(stampede_options INTERFACE -fsanitize=${STAMPEDE_SANITIZE})
endif()
if(STAMPEDE_SANITIZE STREQUAL "thread")
  # GCC warns that TSan does not model atomic_thread_fence, which Boost.Asio uses.
  target_compile_options(stampede_options INTERFACE -Wno-tsan)
endif()

# A compiler cache, where there is one, makes a second build of the same file free.
find_program(STAMPEDE_CCACHE ccache)
if(STAMPEDE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${STAMPEDE_CCACHE}")
endif()
