#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "experiments/check/crowd.hpp"
#include "experiments/check/lock_sale.hpp"

namespace stampede::check {
namespace {

constexpr int kThreads = 8;
constexpr std::int64_t kStock = 20;
constexpr std::chrono::microseconds kHasty{50};    // Too short to wait for anybody.
constexpr std::uint64_t kNumbersPerThread = 1000;  // Of operations, so that none occurs twice.

// What the callers of many operations were told.
struct Answers {
  std::atomic<std::size_t> committed = 0;
  std::atomic<std::size_t> refused = 0;
  std::atomic<std::size_t> gave_up = 0;
  std::atomic<std::size_t> failed = 0;

  void count(const Result<Outcome>& outcome) {
    if (outcome) {
      ++(outcome->committed() ? committed : refused);
    } else {
      // A strategy may run out of attempts; nothing was changed then.
      ++(outcome.error().code == ErrorCode::kConflict ? gave_up : failed);
    }
  }
};

// Calls body(thread, round) on all threads at once.
void rounds_on_all_threads(int rounds, const std::function<void(int thread, int round)>& body) {
  on_all_threads(kThreads, [&](int thread) {
    for (int round = 0; round < rounds; ++round) body(thread, round);
  });
}

std::uint64_t number_of(int thread, int round) {
  return static_cast<std::uint64_t>(thread + 1) * kNumbersPerThread +
         static_cast<std::uint64_t>(round);
}

Findings never_sells_more_than_the_stock(const Subject& subject) {
  Sale sale(subject, small_sale(kStock, 10'000), Watch::kNo);
  Answers answers;
  rounds_on_all_threads(5, [&](int thread, int round) {
    Purchase purchase(number_of(thread, round), UserId{thread + 1}, {{kTea, 1}});
    answers.count(run(*sale.strategy, *sale.store, purchase).outcome);
  });
  Findings findings;
  findings.expect(answers.failed == 0, "operations failed");
  findings.expect(answers.committed <= kStock, "sold " + std::to_string(answers.committed));
  findings.expect(answers.committed + answers.gave_up >= kStock,
                  "refused although stock was left: sold " + std::to_string(answers.committed));
  findings.add(sale.contradictions_after(answers.committed));
  return findings;
}

Findings conserves_stock_money_and_coupons(const Subject& subject) {
  Sale sale(subject, small_sale(30, 400), Watch::kNo);
  Answers answers;
  const auto one = [&](int thread, int round) {
    std::minstd_rand random(static_cast<unsigned>(number_of(thread, round)));
    const auto any = [&random](int most) { return static_cast<int>(random() % 97) % most + 1; };
    const auto number = number_of(thread, round);
    const UserId user{any(4)};
    const ProductId product{any(3)};
    std::unique_ptr<ScriptedOperation> operation;
    switch (any(8)) {
      case 1:
        operation = std::make_unique<Deposit>(number, user, Money{any(90)});
        break;
      case 2:
        operation = std::make_unique<Issue>(number, user, kPlenty);
        break;
      case 3:
        operation = std::make_unique<Issue>(number, user, kRare);
        break;
      case 4:
        operation = std::make_unique<Purchase>(number, user,
                                               std::vector<Purchase::Line>{{product, 1}}, kPlenty);
        break;
      case 5:
        operation = std::make_unique<Purchase>(
            number, user, std::vector<Purchase::Line>{{kTea, 1}, {kCoffee, 2}});
        break;
      default:
        operation =
            std::make_unique<Purchase>(number, user, std::vector<Purchase::Line>{{product, 1}});
    }
    answers.count(run(*sale.strategy, *sale.store, *operation).outcome);
  };
  rounds_on_all_threads(25, one);
  Findings findings;
  findings.expect(answers.failed == 0, "operations failed");
  findings.expect(answers.committed > 0, "nothing was committed");
  findings.expect(answers.refused > 0, "nothing was refused: the load is too light to say much");
  findings.add(sale.contradictions_after(answers.committed));
  return findings;
}

// Two lives of a strategy on one store: contention, and waiters that gave up, leave nothing behind.
Findings is_destroyed_cleanly_after_use(const Subject& subject) {
  Findings findings;
  std::thread([] {}).join();  // What a runtime starts with the first thread, it has started now.
  const auto before = threads_of_this_process();
  {
    Sale sale(subject, small_sale(100, 10'000), Watch::kNo);
    for (int life = 0; life < 2; ++life) {
      Answers answers;
      std::atomic<std::size_t> waited_in_vain = 0;
      rounds_on_all_threads(2, [&](int thread, int round) {
        Purchase purchase(number_of(thread, round + 2 * life), kAda, {{kTea, 1}});
        const bool is_hasty = thread % 4 == 3;
        const auto outcome =
            run(*sale.strategy, *sale.store, purchase, is_hasty ? kHasty : kPatience).outcome;
        const bool too_late = !outcome && is_hasty && outcome.error().code != ErrorCode::kInternal;
        if (too_late) {
          ++waited_in_vain;
        } else {
          answers.count(outcome);
        }
      });
      findings.expect(
          answers.committed + answers.gave_up + waited_in_vain == std::size_t{2} * kThreads,
          "not all were answered");
      sale.strategy.reset();
      if (life == 0) sale.strategy = subject.make_strategy();
    }
  }
  findings.expect(threads_return_to(before, subject.patience),
                  "threads are left: " + std::to_string(threads_of_this_process()) + ", " +
                      std::to_string(before) + " before");
  return findings;
}

constexpr Check kChecks[] = {
    {"NeverSellsMoreThanTheStock", never_sells_more_than_the_stock},
    {"ConservesStockMoneyAndCoupons", conserves_stock_money_and_coupons},
    {"IsDestroyedCleanlyAfterUse", is_destroyed_cleanly_after_use},
};

}  // namespace

std::span<const Check> business_checks() { return kChecks; }

}  // namespace stampede::check
