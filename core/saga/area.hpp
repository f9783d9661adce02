// The five services by name, and how what belongs to each is told apart where it is kept.

#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stampede::saga {

enum class Area : std::uint8_t { kOrder, kUser, kProduct, kCoupon, kUserCoupon };
inline constexpr std::size_t kAreaCount = 5;
inline constexpr std::array<std::string_view, kAreaCount> kAreaNames{"order", "user", "product",
                                                                     "coupon", "user-coupon"};

using Areas = std::bitset<kAreaCount>;  // By Area.

constexpr std::size_t index_of(Area area) { return static_cast<std::size_t>(area); }
constexpr std::string_view name_of(Area area) { return kAreaNames[index_of(area)]; }

inline std::optional<Area> area_named(std::string_view name) {
  const auto* const found = std::ranges::find(kAreaNames, name);
  if (found == kAreaNames.end()) return std::nullopt;
  return static_cast<Area>(found - kAreaNames.begin());
}

// "order, user-coupon"
inline std::string names_of(const Areas& areas) {
  std::string names;
  for (std::size_t i = 0; i < kAreaCount; ++i) {
    if (!areas.test(i)) continue;
    if (!names.empty()) names += ", ";
    names += kAreaNames[i];
  }
  return names;
}

// "stampede.db-user-coupon"
inline std::string path_for(std::string_view path, std::string_view service) {
  return std::string(path) + "-" + std::string(service);
}

// "stampede_user_coupon"
inline std::string schema_for(std::string_view schema, std::string_view service) {
  auto name = std::string(schema) + "_" + std::string(service);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace stampede::saga
