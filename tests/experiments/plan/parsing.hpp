// Trees and faults from text, for the tests of this folder.

#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/config/fault.hpp"
#include "core/config/tree.hpp"

namespace stampede::plan {

inline config::Tree parsed(const std::string& yaml) {
  config::Faults faults;
  auto tree = config::parse_yaml(yaml, "x.yaml", faults);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return tree.value_or(config::Tree{});
}

}  // namespace stampede::plan
