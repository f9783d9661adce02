#include "experiments/stats/littles_law.hpp"

#include <cmath>

namespace stampede::stats {

LittlesLaw littles_law(double users, double rate, double latency_s, double think_s) {
  LittlesLaw law;
  law.expected_users = rate * (latency_s + think_s);
  if (users <= 0 || rate <= 0) {
    law.holds = true;
    return law;
  }
  law.deviation = (law.expected_users - users) / users;
  law.holds = std::abs(law.deviation) <= kLittlesLawTolerance;
  return law;
}

}  // namespace stampede::stats
