// Draws ids from 1..n as a Choice says. Immutable after construction, constant memory and constant
// time a draw. Safe for concurrent use with a Random for each caller.

#pragma once

#include <cstdint>

#include "experiments/load/plan.hpp"
#include "experiments/load/random.hpp"

namespace stampede::load {

// Zipf's law over 1..n by rejection-inversion: W. Hörmann, G. Derflinger, "Rejection-inversion to
// generate variates from monotone discrete distributions", ACM TOMACS 6 (1996).
class Zipf {
 public:
  Zipf(std::int64_t count, double exponent);  // count >= 1, exponent > 0.
  std::int64_t draw(Random& random) const;

 private:
  double integral(double x) const;
  double integral_inverse(double x) const;
  double density(double x) const;

  double count_;
  double exponent_;
  double integral_first_;
  double integral_last_;
  double acceptance_;
};

class IdChooser {
 public:
  // count >= 1; for a hot set 1 <= hot_size < count.
  IdChooser(const Choice& choice, std::int64_t count);
  std::int64_t draw(Random& random, std::uint64_t iteration) const;
  std::int64_t count() const { return count_; }

 private:
  Choice choice_;
  std::int64_t count_;
  Zipf zipf_;
};

}  // namespace stampede::load
