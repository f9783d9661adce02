// How long requests stand before a lock under contention. The order in which a line is served is
// proved in tests/plugins/locks; here the real strategies are measured: the figures are printed and
// kept as properties of the test, and nobody may starve.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "core/api/histogram.hpp"
#include "tests/interleaving/sale_test.hpp"

namespace stampede::test {
namespace {

constexpr int kThreads = 8;
constexpr int kRounds = 100;

// What one thread found.
struct Waits {
  Histogram waits;
  int committed = 0;
};

class Fairness : public SaleTest {
 protected:
  // All threads order one product for one user, so that all strategies form one line.
  std::array<Waits, kThreads> contend() {
    std::array<Waits, kThreads> found;
    std::latch all_are_there(kThreads);
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        all_are_there.arrive_and_wait();
        for (std::size_t round = 0; round < kRounds; ++round) {
          Purchase purchase(thread * kRounds + round + 1, kAda, {{kTea, 1}});
          // Whoever has the lock lets the others come and stand in line.
          purchase.in_guarded = []() -> Result<Outcome> {
            std::this_thread::yield();
            return Outcome::commit();
          };
          const auto made = run(*strategy_, *store_, purchase);
          found[thread].waits.record(made.phases.spent(Phase::kLock));
          if (made.outcome == Outcome::commit()) ++found[thread].committed;
        }
      });
    }
    threads.clear();
    return found;
  }

  void report(const std::string& name, std::chrono::nanoseconds value) {
    const auto microseconds = std::to_string(value.count() / 1000);
    RecordProperty(name + "_us", microseconds);
    std::cout << GetParam().strategy << " on " << GetParam().store << ": " << name << ' '
              << microseconds << " us\n";
  }
};

TEST_P(Fairness, NobodyStarvesUnderContention) {
  open(small_sale(1'000, 100'000));
  const auto found = contend();
  Histogram all;
  for (const auto& thread : found) {
    EXPECT_EQ(thread.committed, kRounds);
    all.merge(thread.waits);
  }
  report("median_lock_wait", all.quantile(0.5));
  report("p99_lock_wait", all.quantile(0.99));
  report("max_lock_wait", all.max());
  const auto by_median = [](const Waits& a, const Waits& b) {
    return a.waits.quantile(0.5) < b.waits.quantile(0.5);
  };
  const auto [least, most] = std::ranges::minmax_element(found, by_median);
  report("median_of_the_luckiest_thread", least->waits.quantile(0.5));
  report("median_of_the_unluckiest_thread", most->waits.quantile(0.5));
  EXPECT_EQ(contradictions_after(std::size_t{kThreads} * kRounds), "");
}

INSTANTIATE_TEST_SUITE_P(Locks, Fairness, testing::ValuesIn(pairings_of(kLockingStrategies)),
                         name_of);

}  // namespace
}  // namespace stampede::test
