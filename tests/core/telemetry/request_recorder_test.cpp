// The recorder: what was recorded is in the total for ever and in the window until the next one.

#include "core/telemetry/request_recorder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <thread>
#include <vector>

namespace stampede::telemetry {
namespace {

using std::chrono::milliseconds;

RequestNames names() { return {.routes = {"a", "b"}, .outcomes = {"OK", "SOLD_OUT", "INTERNAL"}}; }

void record(RequestRecorder& recorder, std::size_t route, std::size_t outcome, milliseconds latency,
            const Phases& phases = {}) {
  recorder.record({.route = route, .outcome = outcome, .latency = latency, .phases = phases});
}

TEST(RequestRecorder, KeepsRoutesAndOutcomesApart) {
  RequestRecorder recorder(names());
  record(recorder, 1, 2, milliseconds(10));
  record(recorder, 0, 1, milliseconds(20));
  record(recorder, 0, 1, milliseconds(40));
  const auto picture = recorder.window();
  ASSERT_EQ(picture.latencies.size(), 2U);
  EXPECT_EQ(picture.latencies[0].route, 0U);
  EXPECT_EQ(picture.latencies[0].outcome, 1U);
  EXPECT_EQ(picture.latencies[0].latency.histogram.count(), 2U);
  EXPECT_DOUBLE_EQ(picture.latencies[0].latency.sum_seconds, 0.06);
  EXPECT_EQ(picture.latencies[1].route, 1U);
}

TEST(RequestRecorder, CountsAPhaseOnlyWhereItTookTime) {
  RequestRecorder recorder(names());
  Phases phases;
  phases.add(Phase::kCommit, milliseconds(3));
  phases.lock_hold = milliseconds(7);
  phases.attempts = 4;
  record(recorder, 0, 0, milliseconds(9), phases);
  record(recorder, 0, 0, milliseconds(9));
  const auto picture = recorder.total();
  EXPECT_EQ(picture.phases[static_cast<std::size_t>(Phase::kCommit)].histogram.count(), 1U);
  EXPECT_EQ(picture.phases[static_cast<std::size_t>(Phase::kLock)].histogram.count(), 0U);
  EXPECT_EQ(picture.lock_hold.histogram.count(), 1U);
  EXPECT_EQ(picture.attempts, 4U);
  EXPECT_EQ(picture.retries, 3U);
}

TEST(RequestRecorder, StartsAWindowCleanAndForgetsNothingInTotal) {
  RequestRecorder recorder(names());
  record(recorder, 0, 0, milliseconds(1));
  recorder.start_window();
  EXPECT_TRUE(recorder.window().latencies.empty());
  record(recorder, 0, 0, milliseconds(2));
  recorder.start_window();
  record(recorder, 0, 0, milliseconds(3));
  EXPECT_EQ(recorder.window().latencies.at(0).latency.histogram.count(), 1U);
  const auto total = recorder.total();
  EXPECT_EQ(total.latencies.at(0).latency.histogram.count(), 3U);
  EXPECT_DOUBLE_EQ(total.latencies.at(0).latency.sum_seconds, 0.006);
}

TEST(RequestRecorder, LosesNothingWhileWindowsChange) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  RequestRecorder recorder(names());
  std::latch start(kThreads + 1);
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      Phases phases;
      phases.attempts = 1;
      start.arrive_and_wait();
      for (int n = 0; n < kEach; ++n) record(recorder, 0, 0, milliseconds(1), phases);
    });
  }
  start.arrive_and_wait();
  std::uint64_t seen = 0;
  for (int i = 0; i < 20; ++i) {
    recorder.start_window();
    const auto total = recorder.total().attempts;
    EXPECT_GE(total, seen);  // The total never falls, not even in the middle of a change.
    seen = total;
  }
  threads.clear();
  EXPECT_EQ(recorder.total().attempts, static_cast<std::uint64_t>(kThreads) * kEach);
}

}  // namespace
}  // namespace stampede::telemetry
