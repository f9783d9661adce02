// What the checks of rankings have in common: a ranking made afresh, a day that its sales are on,
// and calls that note in the history what they were told.
//
// A RankingTrial belongs to one check; its calls may come from any thread of it.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/check/check.hpp"

namespace stampede::check {

// Product and units, best first.
using Best = std::vector<std::pair<std::int64_t, std::int64_t>>;
using Position = std::optional<std::int64_t>;

class RankingTrial {
 public:
  explicit RankingTrial(const Subject& subject);
  RankingTrial(const RankingTrial&) = delete;
  RankingTrial& operator=(const RankingTrial&) = delete;

  Ranking& ranking() { return *ranking_; }
  std::unique_ptr<Ranking> another() const { return subject_.make_ranking(); }

  // Midnight (UTC) before now.
  TimePoint today() const { return today_; }
  Sale sale(std::int64_t product, std::int64_t quantity, std::chrono::hours after = {}) const {
    return {ProductId{product}, quantity, today_ + after};
  }

  Result<void> try_add(Ranking& ranking, Position from, std::int64_t to,
                       const std::vector<Sale>& sales, bool complete = true);
  // Each of these throws std::runtime_error when the ranking answers with an error.
  void add(Position from, std::int64_t to, const std::vector<Sale>& sales, bool complete = true);
  RankingPosition position(Ranking& ranking);
  RankingPosition position() { return position(*ranking_); }
  std::optional<Best> best(Ranking& ranking, TimePoint since, std::int64_t limit = 100);

  // Lines of the findings.
  bool expect(bool kept, const std::string& otherwise);
  void expect_position(const std::string& when, Position at, bool complete);
  void expect_best(const std::string& when, const std::optional<Best>& expected, TimePoint since,
                   std::int64_t limit = 100);
  void expect_best(const std::string& when, const std::optional<Best>& expected) {
    expect_best(when, expected, today_);
  }
  // A step from elsewhere than where it stands: refused, and nothing of it is kept.
  void expect_conflict(const std::string& which, Position from, std::int64_t to);
  void does_not_apply(const std::string& because);

  Findings findings() const;

 private:
  void note(const std::string& what) const;
  static Deadline in_time() { return Clock::now() + kPatience; }

  const Subject& subject_;
  const TimePoint today_;
  const std::unique_ptr<Ranking> ranking_;
  mutable std::mutex mutex_;
  Findings findings_;
};

// Runs a check's body on a trial of its own.
template <void (*body)(RankingTrial&)>
Findings on_ranking_trial(const Subject& subject) {
  RankingTrial trial(subject);
  body(trial);
  return trial.findings();
}

}  // namespace stampede::check
