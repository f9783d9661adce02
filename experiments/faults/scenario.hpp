// One short run that breaks something, drawn from a number: a platform, a load, and one or two
// faults at drawn moments. The same number gives the same scenario for ever on one version of the
// bench, so that a run that failed is run again by its number alone.
//
// What is left to chance is what threads and the kernel do: a scenario is the same, its run is not.
// Pure: safe to call from any thread.

#pragma once

#include <cstdint>
#include <string>

namespace stampede::faults {

struct Scenario {
  std::uint64_t seed = 0;
  std::string title;  // "services over kafka on postgres x2, pessimistic: kill server 2"
  std::string yaml;   // A whole experiment of one cell and one block; `stampede run` takes it too.
};

// Numbers in a row take turns through the kinds of platforms: a few of them meet every kind.
Scenario draw_scenario(std::uint64_t seed);

}  // namespace stampede::faults
