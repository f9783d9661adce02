// The contract of core/api/gate.hpp, for every gate. The checks are those of experiments/check.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "experiments/check/gate_checks.hpp"
#include "tests/support/gates_under_test.hpp"
#include "tests/support/show_checks.hpp"

namespace stampede::test {
namespace {

using check::Check;
using check::Subject;

using Case = std::tuple<Check, std::string>;

class GateContract : public GateWorkshop, public testing::TestWithParam<Case> {};

TEST_P(GateContract, Keeps) {
  const auto& [check, name] = GetParam();
  if (const auto why = missing(name); !why.empty()) GTEST_SKIP() << why;
  Subject subject;
  subject.make_gate = [&, wanted = name] { return make(wanted); };
  const auto report = check::run(check, subject);
  EXPECT_EQ(report.broken, "") << report.history;
  if (asks_redis(name)) {
    EXPECT_EQ(redis().ask(0, {"DBSIZE"}).integer, 0) << "the check left something behind";
  }
  if (!report.not_applicable.empty()) GTEST_SKIP() << report.not_applicable;
}

std::vector<Case> every_case() {
  std::vector<Case> cases;
  for (const auto& gate : kGates) {
    for (const auto group : check::gate_checks()) {
      for (const auto& check : group) cases.emplace_back(check, gate);
    }
  }
  return cases;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  const auto& [check, gate] = info.param;
  return std::string(check.promise) + "_by_" + gate;
}

INSTANTIATE_TEST_SUITE_P(Every, GateContract, testing::ValuesIn(every_case()), name_of);

// What a gate says of itself decides which promises it is asked for.
class GateKind : public GateTest {};

TEST_P(GateKind, IsWhatItIsListedAs) {
  const auto gate = make();
  EXPECT_EQ(gate->exact(), testing::Value(kExactGates, testing::Contains(name())));
  EXPECT_EQ(gate->sharing(), uses_redis() ? Sharing::kNetwork : Sharing::kProcess);
}

TEST_P(GateKind, IsAskedForProductsIfItIsExact) {
  Subject subject;
  subject.make_gate = [this] { return make(); };
  const auto& check = check::check_of("GivesAProductByRequest", check::gate_checks());
  EXPECT_EQ(check::run(check, subject).not_applicable.empty(), make()->exact());
}

INSTANTIATE_TEST_SUITE_P(All, GateKind, testing::ValuesIn(kGates), name_of_gate);

}  // namespace
}  // namespace stampede::test
