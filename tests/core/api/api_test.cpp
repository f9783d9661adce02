// The value types of the contracts.

#include <gtest/gtest.h>

#include <random>

#include "core/api/histogram.hpp"
#include "core/api/http_server.hpp"
#include "core/api/ids.hpp"
#include "core/api/lock_strategy.hpp"
#include "core/api/money.hpp"
#include "core/api/plugin_config.hpp"

namespace stampede {
namespace {

using std::chrono::nanoseconds;

TEST(OrderIdText, ReadsBackWhatItWrote) {
  OrderId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(i * 17);
  EXPECT_EQ(to_string(id), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(parse_order_id(to_string(id)), id);
}

TEST(OrderIdText, RefusesWhatIsNotCanonical) {
  for (const auto* text :
       {"", "x", "00112233-4455-6677-8899-aabbccddeef", "00112233445566778899aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeegg", "0011223-34455-6677-8899-aabbccddeeff"}) {
    EXPECT_EQ(parse_order_id(text), std::nullopt) << text;
  }
}

TEST(MoneyArithmetic, RefusesAProductThatDoesNotFit) {
  EXPECT_EQ(multiply(Money{250}, 4), Money{1000});
  EXPECT_EQ(multiply(Money{std::numeric_limits<std::int64_t>::max() / 2}, 3), std::nullopt);
}

TEST(ScopeOrder, IsSortedAndUniqueHoweverItWasBuilt) {
  Scope scope;
  scope.add(ProductId{9}).add(UserId{4}).add(ProductId{2}).add(ProductId{9}).add(CouponId{1});
  const std::vector<Resource> expected{{Resource::Kind::kUser, 4},
                                       {Resource::Kind::kProduct, 2},
                                       {Resource::Kind::kProduct, 9},
                                       {Resource::Kind::kCoupon, 1}};
  EXPECT_TRUE(std::ranges::equal(scope.resources(), expected));
}

TEST(HistogramQuantiles, AreWithinTheStatedErrorOfTheExactOnes) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latency(13, 1.5);
  std::vector<std::int64_t> exact;
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    exact.push_back(static_cast<std::int64_t>(latency(random)));
    histogram.record(nanoseconds(exact.back()));
  }
  std::ranges::sort(exact);
  for (const double q : {0.01, 0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto at = static_cast<std::size_t>(std::ceil(q * static_cast<double>(exact.size()))) - 1;
    const auto truth = static_cast<double>(exact[at]);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(q).count()), truth, truth / 250) << q;
  }
}

TEST(HistogramMerge, EqualsRecordingEverythingInOne) {
  Histogram one, other, both;
  for (int i = 1; i <= 1000; ++i) {
    (i % 3 == 0 ? one : other).record(nanoseconds(i * 997));
    both.record(nanoseconds(i * 997));
  }
  one.merge(other);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.min(), both.min());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_EQ(one.quantile(0.95), both.quantile(0.95));
}

TEST(HistogramRestoring, GivesBackWhatWasTold) {
  Histogram original;
  for (std::int64_t v = 1; v < 5'000'000; v = v * 3 / 2 + 1) original.record(nanoseconds(v));
  std::vector<std::pair<std::int64_t, std::uint64_t>> buckets;
  original.for_each(
      [&](std::int64_t lowest, std::uint64_t count) { buckets.emplace_back(lowest, count); });
  const auto restored =
      Histogram::restore(buckets, original.min(), original.max(), original.mean());
  EXPECT_EQ(restored.count(), original.count());
  EXPECT_EQ(restored.min(), original.min());
  EXPECT_EQ(restored.max(), original.max());
  EXPECT_EQ(restored.mean(), original.mean());
  for (const double q : {0.0, 0.1, 0.5, 0.9, 0.99, 1.0}) {
    EXPECT_EQ(restored.quantile(q), original.quantile(q)) << q;
  }
}

TEST(HistogramLimits, HoldNegativeAndHugeValues) {
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  histogram.record(std::chrono::hours(24));
  EXPECT_EQ(histogram.min(), nanoseconds(0));
  EXPECT_EQ(histogram.quantile(1.0), histogram.max());
}

TEST(ResponderDuty, AnswersWithServerErrorWhenItIsDropped) {
  struct Sink : Responder::Sink {
    std::vector<int> statuses;
    void send(HttpResponse response) noexcept override { statuses.push_back(response.status); }
  };
  const auto sink = std::make_shared<Sink>();
  { Responder dropped(sink); }
  Responder answered(sink);
  answered.send({.status = 204});
  answered.send({.status = 200});
  EXPECT_EQ(sink->statuses, (std::vector<int>{500, 204}));
}

}  // namespace
}  // namespace stampede
