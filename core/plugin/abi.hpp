// What a plugin exports. Two parts, both plain data:
//
// - A Note in the ELF section .note.stampede says what the plugin is and what it was built with.
// The
//   host reads it from the file, before the dynamic loader touches the file and runs its code. It
//   lies in a loaded segment, so it survives strip.
// - A Descriptor, read after loading, names the plugin's options.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/api/plugin_config.hpp"
#include "core/plugin/abi_hash.hpp"

#define STAMPEDE_STRINGIFY_(x) #x
#define STAMPEDE_STRINGIFY(x) STAMPEDE_STRINGIFY_(x)

#if defined(__clang__)
#define STAMPEDE_COMPILER "clang-" STAMPEDE_STRINGIFY(__clang_major__)
#else
#define STAMPEDE_COMPILER "gcc-" STAMPEDE_STRINGIFY(__GNUC__)
#endif

// The standard library's containers have another layout under _GLIBCXX_DEBUG.
#if defined(_GLIBCXX_DEBUG)
#define STAMPEDE_CONTAINERS "checked"
#else
#define STAMPEDE_CONTAINERS "standard"
#endif

#if defined(__SANITIZE_THREAD__)
#define STAMPEDE_SANITIZER "thread"
#elif defined(__SANITIZE_ADDRESS__)
#define STAMPEDE_SANITIZER "address"
#else
#define STAMPEDE_SANITIZER "none"
#endif

namespace stampede::plugin {

inline constexpr char kAbiHash[] = STAMPEDE_ABI_HASH;

// C++ types cross the boundary, so both sides need the same of each. Words of the form part=value.
inline constexpr char kToolchain[] =
    "compiler=" STAMPEDE_COMPILER
    " standard=" STAMPEDE_STRINGIFY(__cplusplus) " cxx11-abi=" STAMPEDE_STRINGIFY(
        _GLIBCXX_USE_CXX11_ABI) " containers=" STAMPEDE_CONTAINERS " sanitizer=" STAMPEDE_SANITIZER;

enum class Kind : std::uint32_t {
  kLock = 1,
  kStore = 2,
  kFrontend = 3,
  kTransport = 4,
  kGate = 5,
  kRanking = 6,
};

// One ELF note: sizes, type, owner and payload, in the layout that the ELF standard gives them.
// Texts end with a zero byte.
struct Note {
  std::uint32_t owner_size;
  std::uint32_t payload_size;
  std::uint32_t type;
  char owner[12];
  // The payload.
  Kind kind;
  char abi_hash[20];
  char toolchain[128];
  char name[64];
};

inline constexpr std::string_view kNoteOwner = "Stampede";
inline constexpr std::uint32_t kNoteType = 1;
inline constexpr std::size_t kNotePayload = offsetof(Note, kind);

// A text that does not fit does not compile.
template <std::size_t size>
consteval void put(char (&field)[size], std::string_view text) {
  if (text.size() >= size) throw "this text is too long for its field of the note";
  std::ranges::copy(text, field);
}

consteval Note make_note(Kind kind, std::string_view name, std::string_view abi_hash = kAbiHash,
                         std::string_view toolchain = kToolchain) {
  Note note{.owner_size = static_cast<std::uint32_t>(kNoteOwner.size()) + 1,
            .payload_size = sizeof(Note) - kNotePayload,
            .type = kNoteType,
            .owner = {},
            .kind = kind,
            .abi_hash = {},
            .toolchain = {},
            .name = {}};
  put(note.owner, kNoteOwner);
  put(note.abi_hash, abi_hash);
  put(note.toolchain, toolchain);
  put(note.name, name);
  return note;
}

struct Descriptor {
  const char* summary;
  const OptionSpec* options;
  std::uint32_t option_count;
};

inline constexpr char kDescriptorSymbol[] = "stampede_plugin_descriptor";
inline constexpr char kFactorySymbol[] = "stampede_plugin_create";

}  // namespace stampede::plugin

// Places a Note where the host looks for it. Once in a plugin.
#define STAMPEDE_PLUGIN_NOTE(...)                                    \
  namespace {                                                        \
  [[gnu::section(".note.stampede"), gnu::used,                       \
    gnu::aligned(4)]] constexpr stampede::plugin::Note kPluginNote = \
      stampede::plugin::make_note(__VA_ARGS__);                      \
  }
