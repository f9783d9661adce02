#include "experiments/stats/comparison.hpp"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

namespace stampede::stats {
namespace {

constexpr std::size_t kMinPairsForPValue = 6;
constexpr std::size_t kMaxPairsForPValue = 40;

constexpr std::array<std::pair<Answer, std::string_view>, 5> kAnswers{{
    {Answer::kHigher, "higher"},
    {Answer::kLower, "lower"},
    {Answer::kUnclear, "unclear"},
    {Answer::kCannotCompare, "cannot compare"},
    {Answer::kCannotTell, "cannot tell"},
}};

bool has_ratio(double value) { return std::isfinite(value) && value > 0; }

// The sums of all sign patterns of `values`, sorted.
std::vector<double> signed_sums(std::span<const double> values) {
  std::vector<double> sums{0.0};
  for (const double value : values) {
    const std::size_t count = sums.size();
    for (std::size_t i = 0; i < count; ++i) {
      sums.push_back(sums[i] - value);
      sums[i] += value;
    }
  }
  std::sort(sums.begin(), sums.end());
  return sums;
}

std::string percent(double share) {
  return std::to_string(static_cast<int>(std::lround(share * 100))) + " %";
}

std::string too_few(const Comparison& so_far, const Rules& rules) {
  std::string reason;
  if (so_far.dropped > 0) {
    reason = std::to_string(so_far.dropped) + " of " +
             std::to_string(so_far.dropped + so_far.pairs) +
             " blocks dropped: other processes used more than " + percent(rules.max_foreign_cpu) +
             " of the CPU; ";
  }
  if (so_far.pairs == 1) return reason + "one block has no interval";
  return reason + "no block in which both were measured";
}

// The first pair that has no ratio, said for people; empty when all have one.
std::string without_ratio(std::span<const Pair> pairs) {
  for (const Pair& pair : pairs) {
    if (has_ratio(pair.baseline) && has_ratio(pair.candidate)) continue;
    return std::string(has_ratio(pair.baseline) ? "nothing to measure here"
                                                : "nothing to measure in the baseline") +
           " in block " + std::to_string(pair.block + 1);
  }
  return "";
}

void add_interval(Comparison& result, std::span<const double> differences, const Rules& rules) {
  const auto count = static_cast<double>(differences.size());
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / count;
  double squares = 0;
  for (const double difference : differences) {
    squares += (difference - mean) * (difference - mean);
  }
  const double standard_error = std::sqrt(squares / (count - 1) / count);
  const double reach = students_t_quantile(count - 1, 0.5 + rules.confidence / 2) * standard_error;
  result.interval = Interval{std::exp(mean - reach), std::exp(mean + reach)};
  result.p_value = sign_flip_p_value(differences);
  if (result.interval->low > 1) {
    result.answer = Answer::kHigher;
  } else if (result.interval->high < 1) {
    result.answer = Answer::kLower;
  } else {
    result.answer = Answer::kUnclear;
  }
}

}  // namespace

std::string_view to_string(Answer answer) {
  for (const auto& [value, text] : kAnswers) {
    if (value == answer) return text;
  }
  return "cannot tell";
}

std::optional<Answer> answer_from(std::string_view text) {
  for (const auto& [value, name] : kAnswers) {
    if (name == text) return value;
  }
  return std::nullopt;
}

double students_t_quantile(double freedom, double probability) {
  return boost::math::quantile(boost::math::students_t(freedom), probability);
}

std::optional<double> sign_flip_p_value(std::span<const double> differences) {
  const std::size_t count = differences.size();
  if (count < kMinPairsForPValue || count > kMaxPairsForPValue) return std::nullopt;
  const double observed = std::abs(std::accumulate(differences.begin(), differences.end(), 0.0));
  double scale = 0;
  for (const double difference : differences) scale += std::abs(difference);
  // Equal sums may differ in their last bits, depending on the order of addition.
  const double limit = observed - scale * 1e-12;
  if (limit <= 0) return 1.0;
  // Each pattern is one of the first half and one of the second: for every left sum the right sums
  // that reach the limit are counted in a sorted list, so 2^20 steps cover 2^40 patterns.
  const std::vector<double> left = signed_sums(differences.first(count / 2));
  const std::vector<double> right = signed_sums(differences.subspan(count / 2));
  double reached = 0;
  for (const double sum : left) {
    const auto first = std::lower_bound(right.begin(), right.end(), limit - sum);
    reached += static_cast<double>(std::distance(first, right.end()));
  }
  // The patterns that reach -limit are the mirror images of those that reach it.
  return std::min(1.0, 2 * reached / std::ldexp(1.0, static_cast<int>(count)));
}

Comparison compare(std::span<const Pair> pairs, const Rules& rules) {
  Comparison result;
  std::vector<Pair> used;
  for (const Pair& pair : pairs) {
    if (pair.foreign_cpu > rules.max_foreign_cpu) {
      ++result.dropped;
    } else {
      used.push_back(pair);
    }
  }
  result.pairs = used.size();
  // A zero is a finding of its own, so it is looked for before anything else, in every pair.
  if (std::string reason = without_ratio(pairs); !reason.empty()) {
    result.answer = Answer::kCannotCompare;
    result.reason = std::move(reason);
    return result;
  }
  std::vector<double> differences;
  differences.reserve(used.size());
  for (const Pair& pair : used) differences.push_back(std::log(pair.candidate / pair.baseline));
  if (!differences.empty()) {
    result.ratio = std::exp(std::accumulate(differences.begin(), differences.end(), 0.0) /
                            static_cast<double>(differences.size()));
  }
  const auto censored =
      std::find_if(used.begin(), used.end(), [](const Pair& p) { return p.censored; });
  if (censored != used.end()) {
    result.reason = "requests still open at the end of block " +
                    std::to_string(censored->block + 1) + " could change the figure";
    return result;
  }
  if (differences.size() < 2) {
    result.reason = too_few(result, rules);
    return result;
  }
  add_interval(result, differences, rules);
  return result;
}

}  // namespace stampede::stats
