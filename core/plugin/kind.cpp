#include "core/plugin/kind.hpp"

#include <cstdlib>

namespace stampede::plugin {

namespace {

struct Names {
  Kind kind;
  std::string_view name;
  std::string_view folder;
};

constexpr Names kNames[] = {
    {Kind::kLock, "lock", "locks"},
    {Kind::kStore, "store", "stores"},
    {Kind::kFrontend, "frontend", "frontends"},
    {Kind::kTransport, "transport", "transports"},
    {Kind::kGate, "gate", "gates"},
    {Kind::kRanking, "ranking", "rankings"},
};

const Names& names_of(Kind kind) {
  for (const auto& names : kNames) {
    if (names.kind == kind) return names;
  }
  std::abort();  // A kind without a row in the table is a bug.
}

}  // namespace

std::span<const Kind> all_kinds() {
  static constexpr Kind kAll[] = {Kind::kLock,      Kind::kStore, Kind::kFrontend,
                                  Kind::kTransport, Kind::kGate,  Kind::kRanking};
  static_assert(std::size(kAll) == std::size(kNames));
  return kAll;
}

std::string_view name_of(Kind kind) { return names_of(kind).name; }
std::string_view folder_of(Kind kind) { return names_of(kind).folder; }

std::optional<Kind> parse_kind(std::string_view text) {
  for (const auto& names : kNames) {
    if (text == names.name || text == names.folder) return names.kind;
  }
  return std::nullopt;
}

}  // namespace stampede::plugin
