// What a run says about a documented claim.
//
// The rule, fixed in advance. The claim's effect is ln(after / before). With the comparison that
// the run measured:
//   - no interval, or no ratio                                  -> cannot tell
//   - the interval lies on the other side of 1                  -> contradicted
//   - the interval includes 1                                   -> not reproduced
//   - right side, at least 80 % of the claimed effect           -> reproduced
//   - right side, less than that                                -> weaker
// A claim that gives a direction and no figures is reproduced by a clear change in that direction.
// A claim of "no effect" (within ±5 %) is reproduced by an interval inside ±10 %, contradicted by a
// clear change of more than 10 %, weaker by a clear smaller one, and cannot be told from an
// interval that is wider than that. Claims that were measured get these words. All others
// (predictions, goals, fiction) never were a result that could be reproduced: "reproduced" becomes
// "holds here", and "weaker", "not reproduced" and "contradicted" become "does not hold here".
//
// Pure functions: safe to call from any thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "experiments/stats/comparison.hpp"

namespace stampede::stats {

enum class Evidence { kMeasured, kPredicted, kGoal, kFictional };
enum class Direction { kHigher, kLower, kNoEffect };

struct Claim {
  Evidence evidence = Evidence::kMeasured;
  Direction direction = Direction::kHigher;
  std::optional<double> ratio;  // After divided by before, when the source gives figures.
};

enum class Finding {
  kReproduced,
  kWeaker,
  kNotReproduced,
  kContradicted,
  kHoldsHere,
  kDoesNotHoldHere,
  kCannotTell,
};

inline constexpr double kReproducedShare = 0.8;    // Of the claimed effect, on the log scale.
inline constexpr double kNoEffectClaimed = 0.05;   // A smaller claimed change is "no effect".
inline constexpr double kNoEffectMeasured = 0.10;  // A smaller measured change confirms it.

struct Judgement {
  Finding finding = Finding::kCannotTell;
  std::string because;  // One sentence with the figures.
};

// "measured" and so on; "not reproduced" and so on.
std::string_view to_string(Evidence evidence);
std::string_view to_string(Finding finding);
std::optional<Evidence> evidence_from(std::string_view text);
std::optional<Finding> finding_from(std::string_view text);

// A claim with figures; both are above zero.
Claim claim_of(Evidence evidence, double before, double after);

Judgement judge(const Claim& claim, const Comparison& measured);

// A claim about an audit ("before it oversells, after it does not"): whether the documented outcome
// of each side is the one that was seen.
Judgement judge_audit(Evidence evidence, bool before_as_documented, bool after_as_documented);

}  // namespace stampede::stats
