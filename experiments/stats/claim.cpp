#include "experiments/stats/claim.hpp"

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <utility>

namespace stampede::stats {
namespace {

constexpr std::array<std::pair<Evidence, std::string_view>, 4> kEvidence{{
    {Evidence::kMeasured, "measured"},
    {Evidence::kPredicted, "predicted"},
    {Evidence::kGoal, "goal"},
    {Evidence::kFictional, "fictional"},
}};

constexpr std::array<std::pair<Finding, std::string_view>, 7> kFindings{{
    {Finding::kReproduced, "reproduced"},
    {Finding::kWeaker, "weaker"},
    {Finding::kNotReproduced, "not reproduced"},
    {Finding::kContradicted, "contradicted"},
    {Finding::kHoldsHere, "holds here"},
    {Finding::kDoesNotHoldHere, "does not hold here"},
    {Finding::kCannotTell, "cannot tell"},
}};

template <typename Table, typename Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& [entry, text] : table) {
    if (entry == value) return text;
  }
  return "";
}

template <typename Value, typename Table>
std::optional<Value> value_in(const Table& table, std::string_view text) {
  for (const auto& [entry, name] : table) {
    if (name == text) return entry;
  }
  return std::nullopt;
}

// The words for claims that never were measured.
Finding worded_for(Evidence evidence, Finding finding) {
  if (evidence == Evidence::kMeasured || finding == Finding::kCannotTell) return finding;
  return finding == Finding::kReproduced ? Finding::kHoldsHere : Finding::kDoesNotHoldHere;
}

Finding judge_no_effect(Answer answer, double ratio, const Interval& interval) {
  const double margin = std::log1p(kNoEffectMeasured);
  if (std::log(interval.low) >= -margin && std::log(interval.high) <= margin) {
    return Finding::kReproduced;
  }
  if (answer == Answer::kUnclear) return Finding::kCannotTell;
  return std::abs(std::log(ratio)) > margin ? Finding::kContradicted : Finding::kWeaker;
}

Finding judge_effect(const Claim& claim, Answer answer, double ratio) {
  if (answer == Answer::kUnclear) return Finding::kNotReproduced;
  const Answer expected = claim.direction == Direction::kHigher ? Answer::kHigher : Answer::kLower;
  if (answer != expected) return Finding::kContradicted;
  if (!claim.ratio) return Finding::kReproduced;
  const double share = std::log(ratio) / std::log(*claim.ratio);
  return share >= kReproducedShare ? Finding::kReproduced : Finding::kWeaker;
}

std::string describe(const Claim& claim) {
  if (claim.ratio) return fmt::format("claimed {:.2f}x", *claim.ratio);
  switch (claim.direction) {
    case Direction::kHigher:
      return "claimed to rise";
    case Direction::kLower:
      return "claimed to fall";
    case Direction::kNoEffect:
      break;
  }
  return "claimed to have no effect";
}

}  // namespace

std::string_view to_string(Evidence evidence) { return name_in(kEvidence, evidence); }
std::string_view to_string(Finding finding) { return name_in(kFindings, finding); }
std::optional<Evidence> evidence_from(std::string_view text) {
  return value_in<Evidence>(kEvidence, text);
}
std::optional<Finding> finding_from(std::string_view text) {
  return value_in<Finding>(kFindings, text);
}

Claim claim_of(Evidence evidence, double before, double after) {
  const double ratio = after / before;
  Direction direction = Direction::kNoEffect;
  if (std::abs(std::log(ratio)) > std::log1p(kNoEffectClaimed)) {
    direction = ratio > 1 ? Direction::kHigher : Direction::kLower;
  }
  return {evidence, direction, ratio};
}

Judgement judge(const Claim& claim, const Comparison& measured) {
  if (!measured.ratio || !measured.interval) {
    return {Finding::kCannotTell, fmt::format("{}; {}", describe(claim), measured.reason)};
  }
  const Finding finding =
      claim.direction == Direction::kNoEffect
          ? judge_no_effect(measured.answer, *measured.ratio, *measured.interval)
          : judge_effect(claim, measured.answer, *measured.ratio);
  return {worded_for(claim.evidence, finding),
          fmt::format("{}, measured {:.2f}x [{:.2f}, {:.2f}] over {} blocks", describe(claim),
                      *measured.ratio, measured.interval->low, measured.interval->high,
                      measured.pairs)};
}

Judgement judge_audit(Evidence evidence, bool before_as_documented, bool after_as_documented) {
  if (before_as_documented && after_as_documented) {
    return {worded_for(evidence, Finding::kReproduced), "both sides ended as documented"};
  }
  if (!before_as_documented && !after_as_documented) {
    return {worded_for(evidence, Finding::kContradicted), "neither side ended as documented"};
  }
  return {worded_for(evidence, Finding::kNotReproduced),
          before_as_documented ? "the side after the change did not end as documented"
                               : "the side before the change did not end as documented"};
}

}  // namespace stampede::stats
