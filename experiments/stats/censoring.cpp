#include "experiments/stats/censoring.hpp"

#include <algorithm>
#include <cmath>

namespace stampede::stats {

CensoredQuantile censored_quantile(const Histogram& finished, std::uint64_t open, double q) {
  CensoredQuantile result;
  result.observed = finished.quantile(q);
  if (open == 0) {
    result.pessimistic = result.observed;
    return result;
  }
  const auto total = static_cast<double>(finished.count() + open);
  const auto rank = std::max(1.0, std::ceil(q * total));
  if (rank > static_cast<double>(finished.count())) {
    result.matters = true;
    return result;
  }
  // Half a rank less, so that rounding cannot push the share over to the next rank.
  result.pessimistic = finished.quantile((rank - 0.5) / static_cast<double>(finished.count()));
  const auto limit = static_cast<double>(result.observed.count()) * (1 + kCensoringTolerance);
  result.matters = static_cast<double>(result.pessimistic->count()) > limit;
  return result;
}

}  // namespace stampede::stats
