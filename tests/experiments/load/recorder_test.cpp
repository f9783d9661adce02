// What counts, where, and when a generator has to admit that it could not keep up.

#include "experiments/load/recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/load/health.hpp"
#include "experiments/load/summary.hpp"

namespace stampede::load {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class RecorderTest : public testing::Test {
 protected:
  static LoadPlan plan() { return {.mix = {{"order", 1}, {"products", 1}}}; }

  LoadResult result(Duration finished) {
    LoadResult written{.ledger = Ledger(book_)};
    recorder_.write_to(written, finished);
    return written;
  }
  void add(Duration intended, Duration sent, Duration completed, OutcomeKind outcome,
           std::string_view word = "") {
    recorder_.exchange({.step = 0,
                        .intended = intended,
                        .sent = sent,
                        .completed = completed,
                        .outcome = outcome,
                        .code = word,
                        .fault = word});
  }

  std::shared_ptr<const JourneyBook> book_ =
      std::make_shared<const JourneyBook>(*JourneyBook::compile(plan()));
  Recorder recorder_{*book_, 1s, 3s};
};

TEST_F(RecorderTest, ARequestBelongsToTheWindowItWasSentIn) {
  add(0ms, 0ms, 500ms, OutcomeKind::kSuccess);        // Warm-up.
  add(900ms, 900ms, 1'100ms, OutcomeKind::kSuccess);  // Sent before, answered within.
  add(1s, 1s, 1'500ms, OutcomeKind::kSuccess);
  add(2'900ms, 2'900ms, 3'600ms, OutcomeKind::kSuccess);  // Open at the end, but waited for.
  add(3s, 3s, 3'200ms, OutcomeKind::kSuccess);            // Sent after.
  const auto got = result(4s);
  EXPECT_EQ(got.overall.sent(), 2U);
  EXPECT_EQ(got.overall.count(OutcomeKind::kSuccess), 2U);
  EXPECT_EQ(got.overall.latency.count(), 2U);
  EXPECT_EQ(got.overall.latency.max(), 700ms);
  EXPECT_EQ(got.overall.succeeded, 2U);  // Two answers came within the window's two seconds.
  EXPECT_DOUBLE_EQ(got.goodput(), 1.0);
}

TEST_F(RecorderTest, LatencyCountsFromTheIntendedTimeAndServiceFromTheRealOne) {
  add(1s, 1'300ms, 1'400ms, OutcomeKind::kSuccess);
  const auto got = result(3s);
  EXPECT_EQ(got.overall.latency.max(), 400ms);
  EXPECT_EQ(got.overall.service.max(), 100ms);
}

TEST_F(RecorderTest, AnAnswerMissingAtTheStopIsCensored) {
  recorder_.end_window(1'500ms);
  add(1'400ms, 1'400ms, 1'600ms, OutcomeKind::kCensored);
  const auto got = result(2s);
  EXPECT_EQ(got.window, 500ms);
  EXPECT_EQ(got.overall.count(OutcomeKind::kCensored), 1U);
}

TEST_F(RecorderTest, TimeoutsAreLatenciesAndLostConnectionsAreNot) {
  add(1s, 1s, 2s, OutcomeKind::kTimeout, "no answer within 1s");
  add(1s, 1s, 1'001ms, OutcomeKind::kReset, "Connection reset by peer");
  add(1s, 1s, 1'001ms, OutcomeKind::kReset, "Connection reset by peer");
  add(1s, 1s, 1'002ms, OutcomeKind::kRefusal, "SOLD_OUT");
  const auto got = result(3s);
  EXPECT_EQ(got.overall.latency.count(), 2U);
  EXPECT_EQ(got.overall.latency.max(), 1s);
  EXPECT_EQ(got.overall.success_latency.count(), 0U);
  EXPECT_EQ(got.overall.answered, 1U);
  EXPECT_THAT(got.refusals, ElementsAre(Pair("SOLD_OUT", 1)));
  EXPECT_THAT(got.faults,
              ElementsAre(Pair("no answer within 1s", 1), Pair("Connection reset by peer", 2)));
}

TEST_F(RecorderTest, TheTimelineHasEverySecondByCompletion) {
  add(0ms, 0ms, 100ms, OutcomeKind::kSuccess);
  add(0ms, 0ms, 2'300ms, OutcomeKind::kError, "500");
  const auto got = result(2'500ms);
  ASSERT_EQ(got.timeline.size(), 3U);
  EXPECT_EQ(got.timeline[0].successes, 1U);
  EXPECT_EQ(got.timeline[0].p95, 100ms);
  EXPECT_EQ(got.timeline[1].answered, 0U);
  EXPECT_EQ(got.timeline[2].errors, 1U);
}

TEST_F(RecorderTest, AveragesUsersAndRequestsInFlightOverTheWindow) {
  recorder_.vus(0s, 10);
  recorder_.vus(2s, 20);
  add(0s, 0s, 2s, OutcomeKind::kSuccess);  // One second of it within the window of two.
  recorder_.thought(100ms);
  recorder_.thought(300ms);
  const auto got = result(3s);
  EXPECT_DOUBLE_EQ(got.average_vus, 15);
  EXPECT_DOUBLE_EQ(got.average_in_flight, 0.5);
  EXPECT_EQ(got.mean_think, 200ms);
}

TEST_F(RecorderTest, CollectsPhasesAndIterations) {
  recorder_.phases("lock;dur=2, store;dur=1");
  recorder_.phases("lock;dur=4");
  recorder_.iteration(0, 1s, 1'200ms, true);
  recorder_.iteration(0, 1s, 1'300ms, false);
  recorder_.iteration(0, 0s, 500ms, true);  // In the warm-up.
  const auto got = result(3s);
  ASSERT_EQ(got.phases.size(), 2U);
  EXPECT_EQ(got.phases[0].first, "lock");
  EXPECT_EQ(got.phases[0].second.count(), 2U);
  EXPECT_EQ(got.journeys[0].completed, 1U);
  EXPECT_EQ(got.journeys[0].broken_off, 1U);
  EXPECT_EQ(got.journeys[0].iteration.max(), 200ms);
}

TEST_F(RecorderTest, GoodputCountsOrdersAndNotTheReadsBesideThem) {
  add(1s, 1s, 1'100ms, OutcomeKind::kSuccess);
  for (int i = 0; i < 10; ++i) {
    recorder_.exchange({.step = 1, .intended = 1s, .sent = 1s, .completed = 1'100ms});
  }
  const auto got = result(3s);
  EXPECT_DOUBLE_EQ(got.goodput(), 0.5);
  EXPECT_DOUBLE_EQ(got.answers_per_second(), 5.5);
}

TEST_F(RecorderTest, TheSummaryNamesWhatHappened) {
  add(1s, 1s, 1'250ms, OutcomeKind::kSuccess);
  add(1s, 1s, 1'002ms, OutcomeKind::kRefusal, "SOLD_OUT");
  recorder_.phases("lock;dur=2");
  auto got = result(3s);
  got.executor = "constant-vus";
  got.generator.dropped = 3;
  got.generator.saturated = true;
  const auto text = summary_text(got);
  for (const auto* part : {"success 1, refusal 1", "SOLD_OUT 1", "in lock", "250.", "SATURATED",
                           "dropped     3 arrivals", "order", "products", "all"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  const auto json = summary_json(got);
  for (const auto* part :
       {R"("refusal": 1)", R"("SOLD_OUT": 1)", R"("saturated": true)", R"("goodput": 0.5)"}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
}

TEST(Health, ASlotIsSaturatedWhenTheThreadHadNoTimeToSpare) {
  HealthMonitor monitor;
  for (int i = 0; i < 18; ++i) monitor.slot(true, 100ms, {.running = 50ms, .waiting = 0ms}, false);
  monitor.slot(true, 100ms, {.running = 50ms, .waiting = 46ms}, true);
  monitor.slot(false, 100ms, {.running = 100ms, .waiting = 0ms}, true);
  auto health = monitor.judge();
  EXPECT_NEAR(health.saturated_share, 1.0 / 19, 1e-9);
  EXPECT_NEAR(health.cpu, 0.5, 1e-9);
  EXPECT_NEAR(health.backlog_share, 1.0 / 19, 1e-9);
  EXPECT_TRUE(health.saturated);  // 5.3 % of the window.
  monitor.slot(true, 100ms, {}, false);
  EXPECT_FALSE(monitor.judge().saturated);  // 5.0 %.
}

TEST(Health, ALateOrDroppedArrivalShows) {
  HealthMonitor monitor;
  monitor.arrival(11ms);
  monitor.slot(true, 100ms, {}, false);
  EXPECT_TRUE(monitor.judge().saturated);
  for (int i = 0; i < 99; ++i) monitor.slot(true, 100ms, {}, false);
  EXPECT_FALSE(monitor.judge().saturated);
  EXPECT_EQ(monitor.judge().lateness.count(), 1U);
  monitor.dropped(1);
  EXPECT_TRUE(monitor.judge().saturated);
}

TEST(Health, ReadsTheThreadsOwnTime) {
  const ThreadTimer timer;
  const auto before = timer.read();
  // Until the clock itself says that this thread has worked: not a wait for anything.
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  auto after = timer.read();
  while (after.running - before.running < 1ms && std::chrono::steady_clock::now() < deadline) {
    after = timer.read();
  }
  EXPECT_GE(after.running - before.running, 1ms);
}

}  // namespace
}  // namespace stampede::load
