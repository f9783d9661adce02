// The `load:` block: what it means, and what is said about what it cannot mean.

#include "experiments/load/plan_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "experiments/load/journey.hpp"

namespace stampede::load {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

LoadPlan read(const std::string& yaml, config::Faults& faults,
              std::optional<Population> seeded = std::nullopt) {
  const auto tree = config::parse_yaml(yaml, "f.yaml", faults);
  EXPECT_TRUE(tree) << config::describe(faults);
  return read_plan(&*tree, "load", seeded, faults);
}

LoadPlan read_good(const std::string& yaml, std::optional<Population> seeded = std::nullopt) {
  config::Faults faults;
  auto plan = read(yaml, faults, seeded);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return plan;
}

std::string faults_of(const std::string& yaml) {
  config::Faults faults;
  read(yaml, faults);
  return config::describe(faults);
}

TEST(LoadBlock, OfAConstantLoad) {
  const auto plan = read_good(
      "executor: constant-vus\nvus: 100\nwarmup: 15s\nduration: 150s\nmix: {order: 100}\n"
      "range: {products: 10}\nthink: {min: 0ms, max: 200ms}\nitems: 3\nquantity: 2\nseed: "
      "9\nledger: false\n");
  EXPECT_EQ(plan.executor, ExecutorKind::kConstantVus);
  EXPECT_EQ(plan.vus, 100);
  EXPECT_EQ(plan.warmup, 15s);
  EXPECT_EQ(plan.duration, 150s);
  EXPECT_EQ(plan.think.max, 200ms);
  EXPECT_EQ(plan.items.min, 3);
  EXPECT_EQ(plan.items.max, 3);
  EXPECT_EQ(plan.quantity.max, 2);
  EXPECT_EQ(plan.seed, 9U);
  EXPECT_FALSE(plan.ledger);
}

TEST(LoadBlock, OfARampingLoadAndItsChoices) {
  const auto plan = read_good(
      "executor: ramping-arrival-rate\nstartRate: 300\ntimeUnit: 1m\npreAllocatedVUs: 5\n"
      "maxVUs: 50\nstages: [{duration: 10s, target: 1000}, {duration: 0s, target: 5}]\n"
      "spin: 80us\nbacklog: 7\nrange: {users: 50, products: 20}\ncoupon_share: 0.5\n"
      "choose: {user: {zipf: 1.1}, product: {hot_set: {size: 2, share: 0.8}}, coupon: sequential}");
  EXPECT_EQ(plan.executor, ExecutorKind::kRampingArrivalRate);
  EXPECT_EQ(plan.start, 300);
  EXPECT_EQ(plan.time_unit, 60s);
  ASSERT_EQ(plan.stages.size(), 2U);
  EXPECT_EQ(plan.stages[0].duration, 10s);
  EXPECT_EQ(plan.stages[1].target, 5);
  EXPECT_EQ(plan.max_vus, 50);
  EXPECT_EQ(plan.spin, 80us);
  EXPECT_EQ(plan.user.kind, Choice::Kind::kZipf);
  EXPECT_EQ(plan.user.exponent, 1.1);
  EXPECT_EQ(plan.product.kind, Choice::Kind::kHotSet);
  EXPECT_EQ(plan.product.hot_size, 2);
  EXPECT_EQ(plan.coupon.kind, Choice::Kind::kSequential);
  EXPECT_EQ(plan.seeded.users, 50);
}

TEST(LoadBlock, DrawsFromWhatWasSeededUnlessItSaysOtherwise) {
  const auto plan = read_good("duration: 1s\nrange: {products: 99}",
                              Population{.users = 1'000, .products = 10, .coupons = 2});
  EXPECT_EQ(plan.drawn.users, 1'000);
  EXPECT_EQ(plan.drawn.products, 99);
  EXPECT_EQ(plan.seeded.products, 10);
  EXPECT_EQ(plan.seeded.coupons, 2);
}

TEST(LoadBlock, ScalesLoadAndTime) {
  const std::string yaml =
      "executor: ramping-vus\nstartVUs: 10\nwarmup: 10s\n"
      "stages: [{duration: 60s, target: 5000}]\nscale: ";
  const auto both = read_good(yaml + "0.1");
  EXPECT_EQ(both.start, 1);
  EXPECT_EQ(both.stages[0].target, 500);
  EXPECT_EQ(both.stages[0].duration, 6s);
  EXPECT_EQ(both.warmup, 1s);
  const auto apart = read_good(yaml + "{time: 0.5}");
  EXPECT_EQ(apart.stages[0].target, 5'000);
  EXPECT_EQ(apart.stages[0].duration, 30s);
}

TEST(LoadBlock, HasJourneysOfItsOwn) {
  const auto plan = read_good(
      "duration: 1s\nmix: {browse: 1}\njourneys:\n  browse:\n"
      "    - {path: /api/v1/products, capture: {first: /items/0/id}}\n"
      "    - {name: buy, method: POST, path: '/buy/{first}', body: '{\"u\":{user}}',\n"
      "       expect: [201, 409], operation: order, headers: {X-A: '{first}'}}\n");
  ASSERT_EQ(plan.journeys.size(), 1U);
  const auto& steps = plan.journeys[0].steps;
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].kind, OperationKind::kRead);
  EXPECT_EQ(steps[0].captures[0].pointer, "/items/0/id");
  EXPECT_EQ(steps[1].kind, OperationKind::kOrder);
  EXPECT_EQ(steps[1].expect, (std::vector<int>{201, 409}));
  EXPECT_EQ(steps[1].headers[0].second, "{first}");
  EXPECT_TRUE(JourneyBook::compile(plan));
}

TEST(LoadBlock, ReportsEveryFaultAtOnceWithItsLine) {
  EXPECT_EQ(faults_of("executor: constant-vus\n"
                      "rate: 10\n"
                      "vus: 0\n"
                      "durration: 1s\n"
                      "mix: {ordr: 1}\n"
                      "choose: {user: zipf}\n"
                      "items: 5..2\n"
                      "prefix: 'a b'\n"
                      "coupon_share: 2\n"),
            "f.yaml:1: load.duration: is missing\n"
            "f.yaml:2: load.rate: has no meaning with the executor constant-vus; it belongs to "
            "\"constant-arrival-rate\"\n"
            "f.yaml:3: load.vus: expected 1 to 100000, got 0\n"
            "f.yaml:4: load.durration: unknown key; did you mean \"duration\"?\n"
            "f.yaml:5: load.mix.ordr: no journey has this name; did you mean \"order\"?\n"
            "f.yaml:6: load.choose.user: expected uniform, sequential, {zipf: exponent} or "
            "{hot_set: {size, share}}\n"
            "f.yaml:7: load.items: expected a whole number from 1 to 20, min..max or {min, max}\n"
            "f.yaml:8: load.prefix: expected 1 to 40 letters, digits, '-', '_' or '.'\n"
            "f.yaml:9: load.coupon_share: expected 0 to 1, got 2\n");
}

struct BadBlock {
  const char* yaml;
  const char* complaint;
};

std::ostream& operator<<(std::ostream& out, const BadBlock& block) {
  return out << testing::PrintToString(std::string(block.yaml));
}

class BadLoadBlock : public testing::TestWithParam<BadBlock> {};

TEST_P(BadLoadBlock, IsRefusedWithAReason) {
  EXPECT_THAT(faults_of(GetParam().yaml), HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadLoadBlock,
    testing::Values(
        BadBlock{"executor: constant-vu\nduration: 1s", "did you mean \"constant-vus\"?"},
        BadBlock{"executor: ramping-vus", "load.stages: is missing"},
        BadBlock{"executor: ramping-vus\nstages: 3", "expected a list of {duration, target}"},
        BadBlock{"executor: ramping-vus\nstages: [{duration: 0s, target: 1}]", "add up to nothing"},
        BadBlock{"executor: ramping-vus\nstartVUs: 0\nstages: [{duration: 1s, target: 0}]",
                 "no target is above 0"},
        BadBlock{"executor: ramping-vus\nstages: [{duration: 1s, taget: 1}]",
                 "load.stages[0].target: is missing"},
        BadBlock{"executor: constant-arrival-rate\nduration: 1s", "load.rate: is missing"},
        BadBlock{"executor: constant-arrival-rate\nduration: 1s\nrate: 1\nthink: 1s",
                 "load.think: has no meaning"},
        BadBlock{"executor: constant-arrival-rate\nduration: 1s\nrate: 1\npreAllocatedVUs: 9\n"
                 "maxVUs: 3",
                 "expected at least preAllocatedVUs, 9, got 3"},
        BadBlock{"executor: shared-iterations\nwarmup: 1s", "load.warmup: has no meaning"},
        BadBlock{"duration: 1s\nmix: {order: 0}", "at least one weight must be above 0"},
        BadBlock{"duration: 1s\nmix: [order]", "expected a map"},
        BadBlock{"duration: 1s\nitems: 3", "an order cannot have 3 different products of 1"},
        BadBlock{"duration: 1s\nrange: {products: 5}\nchoose: {product: {hot_set: {size: 5}}}",
                 "expected less than the 5 there are, got 5"},
        BadBlock{"duration: 1s\nchoose: {user: {zip: 1}}", "did you mean \"zipf\"?"},
        BadBlock{"duration: 1s\nthink: soon", "expected a duration such as 200ms"},
        BadBlock{"duration: 1s\njourneys: {a: []}", "load.journeys.a: expected a list of steps"},
        BadBlock{"duration: 1s\njourneys: {a: [{path: x}]}", "the path must start with '/'"},
        BadBlock{"duration: 1s\njourneys: {a: [{name: x}]}", "path: is missing"},
        BadBlock{"duration: 1s\njourneys: {a: [{path: '/{usr}'}]}", "did you mean \"user\"?"},
        BadBlock{"duration: 1s\njourneys: {a: [{path: '/{x}', capture: {x: id}}]}",
                 "{x} is neither a drawn value nor captured by an earlier step"},
        BadBlock{"duration: 1s\njourneys: {a: [{path: /, body: x}]}", "GET takes no body"},
        BadBlock{"duration: 1s\njourneys: {a: [{path: /, expect: [99]}]}", "statuses from 200"},
        BadBlock{"duration: 1s\njourneys: {a: [{path: /, headers: {'A B': c}}]}", "is no header"},
        BadBlock{"duration: 1s\njourneys: {a: [{path: /, operation: order}]}",
                 "GET cannot be of the kind order"},
        BadBlock{"duration: 1s\nscale: 0", "load.scale"}));

TEST(Url, IsTakenApart) {
  const auto target = parse_url("http://shop.example:8081/base/");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->host, "shop.example");
  EXPECT_EQ(target->port, 8081);
  EXPECT_EQ(target->base_path, "/base");
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("http://[::1]:90")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:90")->port, 90);
}

TEST(Url, ThatIsNoneIsRefusedWithAReason) {
  for (const auto* bad : {"https://h", "h:80", "http://", "http://:80", "http://h:0", "http://h:x",
                          "http://h:70000", "http://u@h", "http://h/a b", "http://h/?q", ""}) {
    const auto target = parse_url(bad);
    ASSERT_FALSE(target) << bad;
    EXPECT_THAT(target.error().message, HasSubstr("expected http://HOST[:PORT][/PATH]"));
  }
}

}  // namespace
}  // namespace stampede::load
