// Thresholds: what is accepted, what is refused and where, and what counts as met.

#include "experiments/plan/threshold.hpp"

#include <gtest/gtest.h>

namespace stampede::plan {
namespace {

using namespace std::chrono_literals;

Measured measured() {
  Measured result;
  for (int ms = 1; ms <= 1000; ++ms) result.latency.record(std::chrono::milliseconds(ms));
  result.success = 950;
  result.refusal = 40;
  result.error = 6;
  result.timeout = 4;
  result.good = 950;
  result.seconds = 10;
  return result;
}

bool met(const std::string& text, const Measured& by = measured()) {
  const auto threshold = parse_threshold(text);
  EXPECT_TRUE(threshold) << text << ": " << (threshold ? "" : threshold.error().message);
  return threshold && evaluate(*threshold, by).met;
}

std::string refusal(const std::string& text) {
  const auto threshold = parse_threshold(text);
  return threshold ? "accepted" : threshold.error().message;
}

TEST(Thresholds, ComparePercentilesMeansAndExtremes) {
  EXPECT_TRUE(met("p(95) < 960ms"));
  EXPECT_FALSE(met("p(95) < 900ms"));
  EXPECT_TRUE(met("p(99.9)<=1s"));
  EXPECT_FALSE(met("p(99.9) < 500ms"));
  EXPECT_TRUE(met("avg < 0.51s"));
  EXPECT_TRUE(met("med > 490ms"));
  EXPECT_TRUE(met("min == 1ms"));
  EXPECT_TRUE(met("max >= 1s"));
  EXPECT_FALSE(met("max != 1s"));
}

TEST(Thresholds, CompareRatesCountsAndThroughput) {
  EXPECT_TRUE(met("rate(error) <= 0.01"));  // Timeouts are errors.
  EXPECT_FALSE(met("rate(error) < 0.01"));
  EXPECT_TRUE(met("rate(timeout) < 0.0041"));
  EXPECT_TRUE(met("rate(refusal) == 0.04"));
  EXPECT_TRUE(met("rate(success) > 0.94"));
  EXPECT_FALSE(met("count(error) == 0"));
  EXPECT_TRUE(met("count(error) == 10"));
  EXPECT_TRUE(met("tps > 94.9"));
  EXPECT_FALSE(met("tps > 95"));
  EXPECT_TRUE(met("  rps>=100  "));
}

TEST(Thresholds, FailOverZeroSamples) {
  for (const auto* text : {"p(95) < 5s", "rate(error) < 0.01", "count(error) == 0", "rps >= 0"}) {
    EXPECT_FALSE(met(text, Measured())) << text;
  }
  EXPECT_EQ(evaluate(*parse_threshold("max < 1s"), Measured()).actual, "nothing was measured");
}

TEST(Thresholds, AreNotMetWhenOpenRequestsCouldMissThem) {
  auto some_open = measured();
  some_open.open = 60;
  EXPECT_TRUE(met("p(50) < 600ms", some_open));
  EXPECT_FALSE(met("p(95) < 1s", some_open));
  EXPECT_FALSE(met("max < 2s", some_open));
  EXPECT_TRUE(met("p(95) > 900ms", some_open));
  EXPECT_EQ(evaluate(*parse_threshold("p(95) < 1s"), some_open).actual,
            "950ms, but 60 requests were still open");
}

TEST(Thresholds, SayWhatWasMeasured) {
  EXPECT_EQ(evaluate(*parse_threshold("p(95) < 1s"), measured()).actual, "950ms");
  EXPECT_EQ(evaluate(*parse_threshold("rate(error) < 1"), measured()).actual, "0.01");
  EXPECT_EQ(evaluate(*parse_threshold(" tps > 1 "), measured()).text, "tps > 1");
}

TEST(Thresholds, AreRefusedWithTheColumnAndWhatWasExpectedThere) {
  EXPECT_EQ(refusal(""),
            "column 1: expected p(95), avg, med, min, max, tps, rps, rate(...) or count(...), got "
            "\"\"");
  EXPECT_EQ(refusal("p95 < 5s"),
            "column 1: expected p(95), avg, med, min, max, tps, rps, rate(...) or count(...), got "
            "\"p95\"");
  EXPECT_EQ(refusal("  rat(error) < 1"),
            "column 3: expected p(95), avg, med, min, max, tps, rps, rate(...) or count(...), got "
            "\"rat\"; did you mean \"rate\"?");
  EXPECT_EQ(refusal("p < 5s"), "column 3: expected ( after p");
  EXPECT_EQ(refusal("p(95 < 5s"), "column 10: expected )");
  EXPECT_EQ(refusal("p(100) < 5s"),
            "column 3: expected a percentile between 0 and 100, got \"100\"");
  EXPECT_EQ(refusal("rate(eror) < 1"),
            "column 6: expected \"success\", \"refusal\", \"error\" or \"timeout\", got \"eror\"; "
            "did you mean \"error\"?");
  EXPECT_EQ(refusal("avg(5) < 1s"), "column 4: avg takes no argument");
  EXPECT_EQ(refusal("avg 1s"), "column 5: expected <, <=, >, >=, == or !=");
  EXPECT_EQ(refusal("avg = 1s"), "column 5: expected <, <=, >, >=, == or !=");
  EXPECT_EQ(refusal("p(95) < 500"), "column 9: expected a duration such as 300ms, got \"500\"");
  EXPECT_EQ(refusal("tps > 10ms"), "column 7: expected a number of 0 or more, got \"10ms\"");
  EXPECT_EQ(refusal("rate(error) < 5"), "column 15: expected a share of 0 to 1, got \"5\"");
  EXPECT_EQ(refusal("tps > 10 20"), "column 7: expected a number of 0 or more, got \"10 20\"");
}

}  // namespace
}  // namespace stampede::plan
