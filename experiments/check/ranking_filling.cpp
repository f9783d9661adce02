// A ranking is filled step by step, from wherever it stands, and sums up by day.

#include <limits>

#include "experiments/check/ranking_checks.hpp"
#include "experiments/check/ranking_trial.hpp"

namespace stampede::check {

namespace {

using std::chrono::hours;

void says_nothing_until_it_was_complete_once(RankingTrial& trial) {
  trial.expect_position("new", std::nullopt, false);
  trial.expect_best("new", std::nullopt);
  trial.add(std::nullopt, 5, {trial.sale(1, 2)}, false);
  trial.expect_position("after a step that was not complete", 5, false);
  trial.expect_best("after a step that was not complete", std::nullopt);
  trial.add(5, 5, {});
  trial.expect_position("after a step that was complete", 5, true);
  trial.expect_best("after a step that was complete", Best{{1, 2}});
  trial.add(5, 8, {trial.sale(1, 1)}, false);
  trial.expect_position("after one more that was not", 8, true);
  trial.expect_best("after one more that was not", Best{{1, 3}});
}

void ranks_by_units_and_equal_ones_by_id(RankingTrial& trial) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  trial.add(std::nullopt, 9,
            {trial.sale(10, 3), trial.sale(9, 1), trial.sale(kLargest, 3), trial.sale(2, 3),
             trial.sale(9, 4)});
  trial.expect_best("of 5 units and thrice 3", Best{{9, 5}, {2, 3}, {10, 3}, {kLargest, 3}});
}

void answers_no_more_than_were_asked_for(RankingTrial& trial) {
  trial.add(std::nullopt, 9, {trial.sale(1, 1), trial.sale(2, 2), trial.sale(3, 3)});
  trial.expect_best("asked for 2", Best{{3, 3}, {2, 2}}, trial.today(), 2);
  trial.expect_best("asked for 1", Best{{3, 3}}, trial.today(), 1);
}

void counts_whole_days(RankingTrial& trial) {
  trial.add(std::nullopt, 9,
            {trial.sale(1, 1, hours(-1)), trial.sale(2, 2, hours(1)), trial.sale(3, 9, hours(-49)),
             trial.sale(4, 5, hours(-24))});
  trial.expect_best("since some time today", Best{{2, 2}}, trial.today() + hours(5));
  trial.expect_best("since the end of yesterday", Best{{4, 5}, {2, 2}, {1, 1}},
                    trial.today() - hours(1));
  trial.expect_best("since three days ago", Best{{3, 9}, {4, 5}, {2, 2}, {1, 1}},
                    trial.today() - hours(72));
  trial.expect_best("since a day that has not come", Best{}, trial.today() + hours(96));
}

void counts_what_a_clock_sold_that_is_ahead(RankingTrial& trial) {
  trial.add(std::nullopt, 9, {trial.sale(1, 1, hours(24))});
  trial.expect_best("since today", Best{{1, 1}});
}

void looks_back_a_year(RankingTrial& trial) {
  constexpr hours kYear{24 * 366};
  trial.add(std::nullopt, 9, {trial.sale(1, 1, -kYear), trial.sale(2, 3)});
  trial.expect_best("since a year ago", Best{{2, 3}, {1, 1}}, trial.today() - kYear);
}

void adds_up_over_steps_and_days(RankingTrial& trial) {
  trial.add(std::nullopt, 3, {trial.sale(1, 1), trial.sale(2, 5, hours(-30))});
  trial.add(3, 4, {trial.sale(1, 2, hours(-3))});
  trial.add(4, 9, {trial.sale(2, 1), trial.sale(1, 4)});
  trial.expect_best("since yesterday", Best{{1, 7}, {2, 1}}, trial.today() - hours(24));
  trial.expect_best("since the day before", Best{{1, 7}, {2, 6}}, trial.today() - hours(48));
}

void makes_a_step_only_from_where_it_stands(RankingTrial& trial) {
  trial.expect_conflict("from 3 of an empty one", 3, 5);
  trial.expect_position("empty", std::nullopt, false);
  trial.add(std::nullopt, 5, {trial.sale(1, 2)});
  trial.expect_conflict("from nothing of one at 5", std::nullopt, 5);
  trial.expect_conflict("from 4 of one at 5", 4, 5);
  trial.expect_conflict("from 6 of one at 5", 6, 7);
  trial.expect_position("after steps from elsewhere", 5, true);
  trial.expect_best("after steps from elsewhere", Best{{1, 2}});
  trial.add(5, 6, {trial.sale(1, 1)});
  trial.expect_conflict("that was made already", 5, 6);
  trial.expect_best("after a step that came twice", Best{{1, 3}});
}

void instances_share_what_they_know(RankingTrial& trial) {
  trial.add(std::nullopt, 5, {trial.sale(1, 2)});
  const auto other = trial.another();
  if (!trial.position(*other).at) {
    return trial.does_not_apply("each instance has a ranking of its own");
  }
  const auto seen = trial.best(*other, trial.today());
  trial.expect(seen == Best{{1, 2}}, "another instance knows the position, but other sums");
  const auto made = trial.try_add(*other, 5, 6, {trial.sale(2, 3)});
  trial.expect(made.has_value(), "another instance cannot go on where the first one stood");
  trial.expect_position("after a step of another instance", 6, true);
  trial.expect_best("after a step of another instance", Best{{2, 3}, {1, 2}});
}

constexpr Check kChecks[] = {
    {"SaysNothingUntilItWasCompleteOnce",
     on_ranking_trial<says_nothing_until_it_was_complete_once>},
    {"RanksByUnitsAndEqualOnesById", on_ranking_trial<ranks_by_units_and_equal_ones_by_id>},
    {"AnswersNoMoreThanWereAskedFor", on_ranking_trial<answers_no_more_than_were_asked_for>},
    {"CountsWholeDays", on_ranking_trial<counts_whole_days>},
    {"CountsWhatAClockSoldThatIsAhead", on_ranking_trial<counts_what_a_clock_sold_that_is_ahead>},
    {"LooksBackAYear", on_ranking_trial<looks_back_a_year>},
    {"AddsUpOverStepsAndDays", on_ranking_trial<adds_up_over_steps_and_days>},
    {"MakesAStepOnlyFromWhereItStands", on_ranking_trial<makes_a_step_only_from_where_it_stands>},
    {"InstancesShareWhatTheyKnow", on_ranking_trial<instances_share_what_they_know>},
};

}  // namespace

std::span<const Check> ranking_filling_checks() { return kChecks; }

}  // namespace stampede::check
