// What a plugin exports: plain data, read before any C++ type crosses the boundary.

#pragma once

#include <cstdint>

#include "core/api/plugin_config.hpp"

namespace stampede::plugin {

inline constexpr std::uint32_t kAbiVersion = 1;

#define STAMPEDE_STRINGIFY_(x) #x
#define STAMPEDE_STRINGIFY(x) STAMPEDE_STRINGIFY_(x)
#if defined(__SANITIZE_THREAD__)
#define STAMPEDE_SANITIZER "tsan"
#elif defined(__SANITIZE_ADDRESS__)
#define STAMPEDE_SANITIZER "asan"
#else
#define STAMPEDE_SANITIZER "plain"
#endif

inline constexpr char kToolchain[] = "gcc-" STAMPEDE_STRINGIFY(__GNUC__) "/cxx" STAMPEDE_STRINGIFY(
    __cplusplus) "/" STAMPEDE_SANITIZER;

enum class Kind : std::uint32_t { kLock = 1, kStore = 2, kFrontend = 3 };

struct Descriptor {
  std::uint32_t abi_version;
  Kind kind;
  const char* toolchain;
  const char* name;
  const char* summary;
  const OptionSpec* options;
  std::uint32_t option_count;
};

inline constexpr char kDescriptorSymbol[] = "stampede_plugin_descriptor";
inline constexpr char kFactorySymbol[] = "stampede_plugin_create";

}  // namespace stampede::plugin
