// The order of the runs: every cell once per block, each block shuffled by the experiment's seed.
// The same seed gives the same order on every machine and with every standard library.
//
// Pure: safe to call from any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stampede::plan {

// For each block, the indices of the cells in the order in which they run (Fisher-Yates with the
// generator SplitMix64: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number
// Generators", OOPSLA 2014). A block's order depends on the seed and its number only, so asking for
// more blocks leaves the first ones as they are.
std::vector<std::vector<std::size_t>> block_order(std::size_t cells, std::size_t blocks,
                                                  std::uint64_t seed);

}  // namespace stampede::plan
