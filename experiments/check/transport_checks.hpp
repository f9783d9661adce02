// What every transport promises (core/api/transport.hpp).

#pragma once

#include <array>
#include <span>
#include <string_view>

#include "experiments/check/check.hpp"

namespace stampede::check {

// Topics that the checks use, for transports whose topics others have to make.
inline constexpr std::array<std::string_view, 3> kTopics{"FLOWERS", "FRUIT", "NOBODYS"};

// Who gets which event, in which order, and after an error again.
std::span<const Check> transport_delivery_checks();
// Deadlines, figures, and the end.
std::span<const Check> transport_life_checks();
// Several instances of a service: they share, and one that restarts goes on.
std::span<const Check> transport_instance_checks();

inline std::array<std::span<const Check>, 3> transport_checks() {
  return {transport_delivery_checks(), transport_life_checks(), transport_instance_checks()};
}

}  // namespace stampede::check
