#include "experiments/load/choice.hpp"

#include <algorithm>
#include <cmath>

namespace stampede::load {

namespace {

constexpr double kSmall = 1e-8;  // Below this the quotients lose digits and the series do not.

// log(1 + x) / x
double log1p_ratio(double x) {
  return std::abs(x) > kSmall ? std::log1p(x) / x : 1 - x * (0.5 - x * (1.0 / 3 - 0.25 * x));
}

// (exp(x) - 1) / x
double expm1_ratio(double x) {
  return std::abs(x) > kSmall ? std::expm1(x) / x : 1 + x * 0.5 * (1 + x / 3 * (1 + 0.25 * x));
}

}  // namespace

Zipf::Zipf(std::int64_t count, double exponent)
    : count_(static_cast<double>(count)),
      exponent_(exponent),
      integral_first_(integral(1.5) - 1),
      integral_last_(integral(count_ + 0.5)),
      acceptance_(2 - integral_inverse(integral(2.5) - density(2))) {}

double Zipf::density(double x) const { return std::exp(-exponent_ * std::log(x)); }

double Zipf::integral(double x) const {
  const double log_x = std::log(x);
  return expm1_ratio((1 - exponent_) * log_x) * log_x;
}

double Zipf::integral_inverse(double x) const {
  const double t = std::max(x * (1 - exponent_), -1.0);  // Rounding may carry it beyond.
  return std::exp(log1p_ratio(t) * x);
}

std::int64_t Zipf::draw(Random& random) const {
  while (true) {
    const double u = integral_last_ + random.real() * (integral_first_ - integral_last_);
    const double x = integral_inverse(u);
    const double k = std::clamp(std::floor(x + 0.5), 1.0, count_);
    if (k - x <= acceptance_ || u >= integral(k + 0.5) - density(k)) {
      return static_cast<std::int64_t>(k);
    }
  }
}

IdChooser::IdChooser(const Choice& choice, std::int64_t count)
    : choice_(choice), count_(count), zipf_(count, choice.exponent) {}

std::int64_t IdChooser::draw(Random& random, std::uint64_t iteration) const {
  switch (choice_.kind) {
    case Choice::Kind::kUniform:
      return random.between(1, count_);
    case Choice::Kind::kZipf:
      return zipf_.draw(random);
    case Choice::Kind::kHotSet:
      return random.real() < choice_.hot_share ? random.between(1, choice_.hot_size)
                                               : random.between(choice_.hot_size + 1, count_);
    case Choice::Kind::kSequential:
      return static_cast<std::int64_t>(iteration % static_cast<std::uint64_t>(count_)) + 1;
  }
  return 1;
}

}  // namespace stampede::load
