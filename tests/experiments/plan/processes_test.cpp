// How services are dealt to servers: read strictly, counted and named.

#include "experiments/plan/processes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/plan/bench.hpp"
#include "tests/experiments/plan/parsing.hpp"

namespace stampede::plan {
namespace {

using saga::Area;
using testing::HasSubstr;

Bench bench(const std::string& yaml) {
  config::Faults faults;
  auto read = read_bench(parsed(yaml), faults);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return read;
}

std::string refusal(const std::string& yaml) {
  config::Faults faults;
  read_bench(parsed(yaml), faults);
  EXPECT_FALSE(faults.empty()) << yaml;
  return config::describe(faults);
}

TEST(Processes, AreOneUnlessToldOtherwise) {
  EXPECT_TRUE(bench("{}").processes.empty());
  EXPECT_TRUE(bench("processes: one").processes.empty());
  EXPECT_TRUE(bench("processes: [[order, user, product, coupon, user-coupon]]").processes.empty());
  EXPECT_EQ(server_count(bench("instances: 3")), 3U);
}

TEST(Processes, MayBeOneForEachService) {
  const auto each = bench("{processes: each, instances: 2}");
  ASSERT_EQ(each.processes.size(), 5U);
  EXPECT_EQ(server_count(each), 10U);
  EXPECT_EQ(name_of(each.processes[4]), "user-coupon");
  EXPECT_EQ(group_of(each.processes, Area::kCoupon), 3U);
}

TEST(Processes, MayBeGroups) {
  const auto read = bench("processes: [[order], [product, user], [coupon, user-coupon]]").processes;
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(name_of(read[1]), "user+product");
  EXPECT_EQ(group_of(read, Area::kOrder), 0U);
  EXPECT_EQ(group_of(read, Area::kProduct), 1U);
  EXPECT_EQ(group_of(read, Area::kUserCoupon), 2U);
}

TEST(Processes, AreReadStrictly) {
  EXPECT_THAT(refusal("processes: eech"), HasSubstr("x.yaml:1: processes: expected one, each, or"));
  EXPECT_THAT(refusal("processes: []"), HasSubstr("expected one, each, or a list of groups"));
  EXPECT_THAT(refusal("processes: [order, user]"), HasSubstr("a list of groups"));
  EXPECT_THAT(refusal("processes: [[]]"), HasSubstr("a list of groups"));
  EXPECT_THAT(refusal("processes: [[ordr]]"), HasSubstr("did you mean \"order\"?"));
  EXPECT_THAT(refusal("processes: [[order, user], [order, product, coupon, user-coupon]]"),
              HasSubstr("order is in two groups"));
  EXPECT_THAT(refusal("processes: [[order], [product]]"),
              HasSubstr("in none: user, coupon, user-coupon"));
}

TEST(Processes, AServerIsBrokenByTheNameOfItsService) {
  const auto each = bench(
                        "{processes: each, instances: 2, faults: [\n"
                        "  {at: 1s, target: server user, kind: kill},\n"
                        "  {at: 1s, target: server product 2, kind: kill},\n"
                        "  {at: 1s, target: server 2, kind: kill}]}")
                        .injections;
  ASSERT_EQ(each.size(), 3U);
  EXPECT_EQ(each[0].number, 3) << "the first of the second group";
  EXPECT_EQ(describe(each[0]), "kill server user");
  EXPECT_EQ(each[1].number, 6);
  EXPECT_EQ(describe(each[1]), "kill server product 2");
  EXPECT_EQ(each[2].number, 2);
  EXPECT_EQ(describe(each[2]), "kill server 2");
  const auto whole = bench("faults: [{at: 1s, target: server user, kind: kill}]").injections;
  EXPECT_EQ(whole.at(0).number, 1) << "one server hosts it, among others";
  EXPECT_THAT(refusal("{processes: each, faults: [{at: 1s, target: server user 2, kind: kill}]}"),
              HasSubstr("cannot kill server user 2: there are 1 of these"));
  EXPECT_THAT(refusal("faults: [{at: 1s, target: server usr, kind: kill}]"),
              HasSubstr("\"server order\", got \"server usr\""));
  EXPECT_THAT(refusal("faults: [{at: 1s, target: server user 1 2, kind: kill}]"),
              HasSubstr("got \"server user 1 2\""));
  EXPECT_THAT(refusal("faults: [{at: 1s, target: redis user, kind: kill}]"),
              HasSubstr("got \"redis user\""));
}

}  // namespace
}  // namespace stampede::plan
