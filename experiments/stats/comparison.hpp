// Compares one figure of two cells that were measured side by side in randomised blocks.
//
// In each block the candidate's figure is divided by the baseline's. The change is the geometric
// mean of these ratios and its interval is Student's t on their logarithms: drift that is slower
// than a block cancels, and so does whatever the two runs of a block share. Averages over all runs
// do not have that property and find false differences on a drifting machine.
//
// Pure functions over plain data: safe to call from any thread.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stampede::stats {

// The two runs of one block.
struct Pair {
  std::size_t block = 0;  // Counted from 0.
  double baseline = 0;    // The figure of the baseline cell, in any unit.
  double candidate = 0;   // The same figure of the other cell.
  double foreign_cpu =
      0;                  // Share of the machine, 0..1, that other processes used in the worse run.
  bool censored = false;  // Requests that were still open at the end could change either figure.
};

// Fixed before the run, so that nobody can choose the rule by looking at the outcome.
struct Rules {
  double max_foreign_cpu = 0.25;  // A pair with more than this share is dropped, whatever it says.
  double confidence = 0.95;
};

enum class Answer {
  kHigher,         // The interval lies above 1.
  kLower,          // The interval lies below 1.
  kUnclear,        // The interval includes 1: printed as "~".
  kCannotCompare,  // A figure is zero or not a number: the ratio has no meaning.
  kCannotTell,     // Too few usable pairs, or open requests could change the figure.
};

// "higher", "lower", "unclear", "cannot compare", "cannot tell".
std::string_view to_string(Answer answer);
std::optional<Answer> answer_from(std::string_view text);

struct Interval {
  double low = 0;
  double high = 0;
};

struct Comparison {
  Answer answer = Answer::kCannotTell;
  std::optional<double> ratio;  // Candidate divided by baseline: 2 is twice as much.
  std::optional<Interval> interval;
  std::optional<double> p_value;  // Exact, two-sided, by sign flips; only with 6 pairs and more.
  std::size_t pairs = 0;          // That were used.
  std::size_t dropped = 0;        // Because of foreign load.
  std::string reason;             // Why there is no answer; empty when there is one.
};

// Pairs may come in any order.
Comparison compare(std::span<const Pair> pairs, const Rules& rules);

// Student's t: the value that a share `probability` of the distribution lies below. `freedom` >= 1.
double students_t_quantile(double freedom, double probability);

// The share of all 2^n ways to flip the signs of `differences` whose sum is at least as far from
// zero as the one observed (Fisher's exact permutation test for pairs). Nothing below 6 pairs,
// where even the clearest result could not fall under 0.05, and above 40, where it is not needed.
std::optional<double> sign_flip_p_value(std::span<const double> differences);

}  // namespace stampede::stats
