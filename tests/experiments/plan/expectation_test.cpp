#include "experiments/plan/expectation.hpp"

#include <gtest/gtest.h>

#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

TEST(Expectations, AcceptPassAndUnknownWhereNothingWasSaid) {
  EXPECT_TRUE(as_expected({}, "oversold", AuditState::kPass));
  EXPECT_TRUE(as_expected({}, "oversold", AuditState::kUnknown));
  EXPECT_FALSE(as_expected({}, "oversold", AuditState::kFail));
  EXPECT_TRUE(as_expected({}, "oversold", std::nullopt));
}

TEST(Expectations, OfAFailureAreMetByAFailureOnly) {
  const Expectations expected{{"oversold", Expected::kFail}};
  EXPECT_TRUE(as_expected(expected, "oversold", AuditState::kFail));
  EXPECT_FALSE(as_expected(expected, "oversold", AuditState::kPass));
  EXPECT_FALSE(as_expected(expected, "oversold", AuditState::kUnknown));
  EXPECT_FALSE(as_expected(expected, "oversold", std::nullopt));
}

TEST(Expectations, OfAPassDoNotAcceptAnUnknown) {
  const Expectations expected{{"money", Expected::kPass}};
  EXPECT_TRUE(as_expected(expected, "money", AuditState::kPass));
  EXPECT_FALSE(as_expected(expected, "money", AuditState::kUnknown));
  EXPECT_FALSE(as_expected(expected, "money", std::nullopt));
}

TEST(Expectations, TakeFairnessForInformationUnlessTold) {
  EXPECT_TRUE(as_expected({}, "fairness", AuditState::kFail));
  EXPECT_FALSE(as_expected({{"fairness", Expected::kPass}}, "fairness", AuditState::kFail));
  EXPECT_TRUE(as_expected({{"stock", Expected::kAny}}, "stock", AuditState::kFail));
}

TEST(Expectations, AreReadFromDottedAndNestedKeysWithEveryFault) {
  config::Faults faults;
  const auto tree = parsed("audit.oversold: fail\naudit: {stock: pass, money: any}\n");
  const auto expected = read_expectations(&tree, "expect", audit_names(), faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(expected, (Expectations{{"oversold", Expected::kFail},
                                    {"stock", Expected::kPass},
                                    {"money", Expected::kAny}}));

  const auto wrong = parsed("audit.oversolt: fail\naudit.stock: passed\ntps: 3\naudit.zzz: pass");
  read_expectations(&wrong, "expect", audit_names(), faults);
  EXPECT_EQ(config::describe(faults),
            "x.yaml:1: expect.audit.oversolt: no such audit; did you mean \"oversold\"?\n"
            "x.yaml:2: expect.audit.stock: expected \"pass\", \"fail\" or \"any\", got \"passed\"\n"
            "x.yaml:3: expect.tps: expected audit.NAME, for example audit.oversold\n"
            "x.yaml:4: expect.audit.zzz: no such audit; known: \"orders\", \"stock\", "
            "\"oversold\", \"undersold\", \"coupons\", \"money\", \"saga\", \"events\" or "
            "\"fairness\"\n");
}

}  // namespace
}  // namespace stampede::plan
