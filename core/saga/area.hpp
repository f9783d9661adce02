// The five services by name, and how what belongs to each is told apart where it is kept.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stampede::saga {

enum class Area : std::uint8_t { kOrder, kUser, kProduct, kCoupon, kUserCoupon };
inline constexpr std::size_t kAreaCount = 5;
inline constexpr std::array<std::string_view, kAreaCount> kAreaNames{"order", "user", "product",
                                                                     "coupon", "user-coupon"};

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
