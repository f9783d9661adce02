#include "experiments/plan/order.hpp"

#include <numeric>
#include <utility>

namespace stampede::plan {
namespace {

class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    state_ += kStep;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  // Uniform in 0..limit-1, without the bias of a plain remainder.
  std::uint64_t below(std::uint64_t limit) {
    const std::uint64_t unbiased = ~std::uint64_t{0} - ~std::uint64_t{0} % limit;
    std::uint64_t value = next();
    while (value >= unbiased) value = next();
    return value % limit;
  }

  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;

 private:
  std::uint64_t state_;
};

}  // namespace

std::vector<std::vector<std::size_t>> block_order(std::size_t cells, std::size_t blocks,
                                                  std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> order(blocks);
  for (std::size_t block = 0; block < blocks; ++block) {
    // Two rounds separate the streams of neighbouring blocks and of neighbouring seeds.
    SplitMix64 random(SplitMix64(SplitMix64(seed).next() + block).next());
    auto& run = order[block];
    run.resize(cells);
    std::iota(run.begin(), run.end(), std::size_t{0});
    for (std::size_t i = cells; i > 1; --i) std::swap(run[i - 1], run[random.below(i)]);
  }
  return order;
}

}  // namespace stampede::plan
