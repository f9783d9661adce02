// Many at once who fill a ranking, while others ask: every step is made once, and as a whole.

#include <fmt/format.h>

#include <atomic>

#include "experiments/check/crowd.hpp"
#include "experiments/check/ranking_checks.hpp"
#include "experiments/check/ranking_trial.hpp"

namespace stampede::check {

namespace {

constexpr int kThreads = 4;

// One instance and another in turn where they share, else the same one.
class Instances {
 public:
  explicit Instances(RankingTrial& trial) : first_(trial.ranking()), second_(trial.another()) {
    if (!trial.position(*second_).at) second_.reset();
  }
  Ranking& of(int thread) const { return thread % 2 == 1 && second_ ? *second_ : first_; }

 private:
  Ranking& first_;
  std::unique_ptr<Ranking> second_;
};

void one_of_many_makes_a_step(RankingTrial& trial) {
  constexpr int kRounds = 50;
  trial.add(std::nullopt, 0, {});
  const Instances instances(trial);
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> made = 0;
    std::atomic<int> failed = 0;
    on_all_threads(kThreads, [&](int thread) {
      const auto done = trial.try_add(instances.of(thread), round, round + 1, {trial.sale(1, 1)});
      if (done) {
        ++made;
      } else if (done.error().code != ErrorCode::kConflict) {
        ++failed;
      }
    });
    const bool is_kept = trial.expect(
        made == 1 && failed == 0,
        fmt::format("{} of {} made the same step, and {} failed otherwise than by a conflict",
                    made.load(), kThreads, failed.load()));
    if (!is_kept) return;
  }
  trial.expect_best("after all steps", Best{{1, kRounds}});
}

// Each step sells one of each of two products: who sees a step in part sees different numbers.
void a_step_is_seen_as_a_whole(RankingTrial& trial) {
  constexpr std::int64_t kSteps = 200;
  trial.add(std::nullopt, 0, {trial.sale(1, 1), trial.sale(2, 1)});
  const Instances instances(trial);
  std::atomic<bool> is_over = false;
  on_all_threads(kThreads, [&](int thread) {
    auto& mine = instances.of(thread);
    if (thread < 2) {
      for (auto at = trial.position(mine).at.value_or(0); at < kSteps && !is_over;
           at = trial.position(mine).at.value_or(0)) {
        const auto done = trial.try_add(mine, at, at + 1, {trial.sale(1, 1), trial.sale(2, 1)});
        if (!done && !trial.expect(done.error().code == ErrorCode::kConflict,
                                   "a step failed: " + done.error().message)) {
          break;
        }
      }
      is_over = true;
      return;
    }
    while (!is_over) {
      const auto best = trial.best(mine, trial.today());
      const bool is_whole = best && best->size() == 2 && (*best)[0].second == (*best)[1].second;
      if (!trial.expect(is_whole, "a step was seen in part")) is_over = true;
    }
  });
  trial.expect_best("after all steps", Best{{1, kSteps + 1}, {2, kSteps + 1}});
}

constexpr Check kChecks[] = {
    {"OneOfManyMakesAStep", on_ranking_trial<one_of_many_makes_a_step>},
    {"AStepIsSeenAsAWhole", on_ranking_trial<a_step_is_seen_as_a_whole>},
};

}  // namespace

std::span<const Check> ranking_race_checks() { return kChecks; }

}  // namespace stampede::check
