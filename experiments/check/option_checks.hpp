// What every plugin promises about the options it declares (core/api/plugin_config.hpp).

#pragma once

#include <span>

#include "experiments/check/check.hpp"

namespace stampede::check {

std::span<const Check> option_checks();

}  // namespace stampede::check
