#include "core/plugin/fit.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/config/text.hpp"
#include "core/plugin/kind.hpp"

namespace stampede::plugin {

namespace {

// "compiler=gcc-11" against "compiler=gcc-12": only the parts that differ.
void compare_toolchains(std::string_view was, std::string_view expected,
                        std::vector<std::string>& differences) {
  if (was == expected) return;
  const auto words_was = config::split(was, ' ');
  const auto words_expected = config::split(expected, ' ');
  if (words_was.size() != words_expected.size()) {
    differences.push_back("was built with " + std::string(was) + ", this build needs " +
                          std::string(expected));
    return;
  }
  for (std::size_t i = 0; i < words_was.size(); ++i) {
    if (words_was[i] == words_expected[i]) continue;
    differences.push_back("was built with " + words_was[i] + ", this build needs " +
                          words_expected[i]);
  }
}

bool is_kind(Kind kind) { return std::ranges::find(all_kinds(), kind) != all_kinds().end(); }

}  // namespace

std::string misfit(const Note& note, Kind kind, std::string_view name) {
  std::vector<std::string> differences;
  if (std::string_view(note.abi_hash) != kAbiHash) {
    differences.push_back("was built for plugin ABI " + std::string(note.abi_hash) +
                          ", this build needs " + kAbiHash);
  }
  compare_toolchains(note.toolchain, kToolchain, differences);
  if (note.kind != kind) {
    const auto was = is_kind(note.kind)
                         ? "a " + std::string(name_of(note.kind))
                         : "of unknown kind " + std::to_string(static_cast<unsigned>(note.kind));
    differences.push_back("is " + was + ", not a " + std::string(name_of(kind)));
  }
  if (name != note.name) {
    differences.push_back("calls itself \"" + std::string(note.name) +
                          "\", so its file must be called " + note.name + ".so");
  }

  std::string text;
  for (const auto& difference : differences) text += (text.empty() ? "" : "; ") + difference;
  return text;
}

}  // namespace stampede::plugin
