// The contract of core/api/lock_strategy.hpp, for every strategy on every store that it runs on.
// Plugins are listed in tests/interleaving/plugins_under_test.hpp.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "experiments/check/lock_checks.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/support/show_checks.hpp"

namespace stampede::test {
namespace {

using check::Check;
using check::Subject;

Subject subject_of(const Pairing& pairing, Workshop& workshop) {
  return {.make_strategy = [&, pairing] { return workshop.strategy(pairing.strategy); },
          .make_store = [&, pairing] { return workshop.store(pairing.store); }};
}

class LockStrategyContract : public testing::TestWithParam<std::tuple<Check, Pairing>> {
 protected:
  Workshop workshop_;
};

TEST_P(LockStrategyContract, Keeps) {
  const auto& [check, pairing] = GetParam();
  const auto missing = Workshop::missing(pairing);
  if (!missing.empty()) GTEST_SKIP() << missing;
  if (!workshop_.strategy(pairing.strategy)->runs_on(*workshop_.store(pairing.store))) {
    GTEST_SKIP() << "not applicable";
  }
  const auto report = check::run(check, subject_of(pairing, workshop_));
  EXPECT_EQ(report.broken, "") << report.history;
  if (!report.not_applicable.empty()) GTEST_SKIP() << report.not_applicable;
}

std::string name_of(const testing::TestParamInfo<std::tuple<Check, Pairing>>& info) {
  const auto& [check, pairing] = info.param;
  return std::string(check.promise) + "_" + pairing.strategy + "_on_" + pairing.store;
}

std::vector<Pairing> every_pairing() {
  auto pairings = pairings_of(kCorrectStrategies);
  std::ranges::copy(pairings_of(kBaseline), std::back_inserter(pairings));
  return pairings;
}

std::vector<Check> business_and_races() {
  std::vector<Check> checks;
  std::ranges::copy(check::business_checks(), std::back_inserter(checks));
  std::ranges::copy(check::race_checks(), std::back_inserter(checks));
  return checks;
}

INSTANTIATE_TEST_SUITE_P(Business, LockStrategyContract,
                         testing::Combine(testing::ValuesIn(business_and_races()),
                                          testing::ValuesIn(pairings_of(kCorrectStrategies))),
                         name_of);
// Even the unprotected baseline keeps these: only its isolation is missing.
INSTANTIATE_TEST_SUITE_P(Protocol, LockStrategyContract,
                         testing::Combine(testing::ValuesIn(check::protocol_checks().begin(),
                                                            check::protocol_checks().end()),
                                          testing::ValuesIn(every_pairing())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Waiting, LockStrategyContract,
                         testing::Combine(testing::ValuesIn(check::waiting_checks().begin(),
                                                            check::waiting_checks().end()),
                                          testing::ValuesIn(pairings_of(kCorrectStrategies))),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Locking, LockStrategyContract,
                         testing::Combine(testing::ValuesIn(check::locking_checks().begin(),
                                                            check::locking_checks().end()),
                                          testing::ValuesIn(pairings_of(kLockingStrategies))),
                         name_of);

// What a check is not applied to, it does not find.
TEST(LockingStrategies, AreFoundToLockUsersOrProducts) {
  Workshop workshop;
  for (const auto& pairing : pairings_of(kLockingStrategies)) {
    if (!Workshop::missing(pairing).empty()) continue;
    const auto found = check::find_locks(subject_of(pairing, workshop));
    EXPECT_TRUE(found.users || found.products) << pairing.strategy;
  }
}

}  // namespace
}  // namespace stampede::test
