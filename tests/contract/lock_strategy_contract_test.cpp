// The contract of core/api/lock_strategy.hpp, for every strategy on every store that it runs on.
// Plugins are listed in tests/interleaving/plugins_under_test.hpp.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "tests/contract/lock_strategy_checks.hpp"
#include "tests/interleaving/plugins_under_test.hpp"

namespace stampede::test {
namespace {

class LockStrategyContract : public testing::TestWithParam<std::tuple<Check, Pairing>> {
 protected:
  Workshop workshop_;
};

TEST_P(LockStrategyContract, Keeps) {
  const auto& [check, pairing] = GetParam();
  const auto missing = Workshop::missing(pairing.strategy);
  if (!missing.empty()) GTEST_SKIP() << missing;
  if (!workshop_.strategy(pairing.strategy)->runs_on(*workshop_.store(pairing.store))) {
    GTEST_SKIP() << "not applicable";
  }
  const Subject subject{
      .make_strategy = [&] { return workshop_.strategy(pairing.strategy); },
      .make_store = [&] { return workshop_.store(pairing.store); },
  };
  EXPECT_EQ(check.broken(subject), "");
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

INSTANTIATE_TEST_SUITE_P(Business, LockStrategyContract,
                         testing::Combine(testing::ValuesIn(business_checks().begin(),
                                                            business_checks().end()),
                                          testing::ValuesIn(pairings_of(kCorrectStrategies))),
                         name_of);
// Even the unprotected baseline keeps these: only its isolation is missing.
INSTANTIATE_TEST_SUITE_P(Protocol, LockStrategyContract,
                         testing::Combine(testing::ValuesIn(protocol_checks().begin(),
                                                            protocol_checks().end()),
                                          testing::ValuesIn(every_pairing())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Waiting, LockStrategyContract,
                         testing::Combine(testing::ValuesIn(waiting_checks().begin(),
                                                            waiting_checks().end()),
                                          testing::ValuesIn(pairings_of(kCorrectStrategies))),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Locking, LockStrategyContract,
                         testing::Combine(testing::ValuesIn(locking_checks().begin(),
                                                            locking_checks().end()),
                                          testing::ValuesIn(pairings_of(kLockingStrategies))),
                         name_of);

}  // namespace
}  // namespace stampede::test
