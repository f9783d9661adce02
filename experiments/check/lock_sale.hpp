// What the checks of lock strategies have in common: a sale made afresh, and collisions in it.

#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "experiments/check/books.hpp"
#include "experiments/check/interleave.hpp"
#include "experiments/check/lock_checks.hpp"
#include "experiments/check/sale.hpp"
#include "experiments/check/watched_store.hpp"

namespace stampede::check {

// Watching takes a mutex for each step, which would hide from ThreadSanitizer what it looks for
// under load.
enum class Watch : bool { kNo, kYes };

// A strategy, a store filled with a sale, and the books from before it.
struct Sale {
  explicit Sale(const Subject& subject, const Seed& seed = small_sale(10, 1000),
                Watch watch = Watch::kYes)
      : strategy(subject.make_strategy()), store(subject.make_store()), patience(subject.patience) {
    if (watch == Watch::kYes && subject.history != nullptr) {
      store = std::make_unique<WatchedStore>(std::move(store), *subject.history);
    }
    if (auto seeded = store->seed(seed); !seeded) {
      throw std::runtime_error(seeded.error().message);
    }
    before = Books::of(*store);
  }

  std::string contradictions_after(std::size_t acknowledged) {
    return contradictions(before, Books::of(*store), acknowledged);
  }
  // What differs from before, "" when nothing does.
  std::string changes() {
    const auto after = Books::of(*store).text();
    return after == before.text() ? "" : "the store was changed:\n" + after;
  }
  // Finds out whether whatever went before let go of its lock.
  void expect_free(Findings& findings) {
    Purchase next(9'000, kAda, {{kTea, 1}});
    findings.expect_committed(run(*strategy, *store, next, patience).outcome,
                              "the next order of the same user and product");
  }

  std::unique_ptr<LockStrategy> strategy;
  std::unique_ptr<Store> store;
  std::chrono::nanoseconds patience;
  Books before;
};

// Two operations that collide, made afresh for each run.
struct Collision {
  std::unique_ptr<ScriptedOperation> first;
  std::unique_ptr<ScriptedOperation> second;
};
Collision two_buyers_of_tea();
Collision one_user_asks_twice_for_a_coupon();
Collision two_users_ask_for_the_last_coupon();
Collision two_users_ask_for_a_coupon();
Collision one_user_buys_two_things_and_can_pay_for_one();
Collision one_user_uses_a_coupon_for_two_orders();
Collision one_user_deposits_twice();

// Of each kind of thing that the strategy was found to lock, two operations that want it.
std::vector<Collision (*)()> collisions_of(const Locks& locks);

}  // namespace stampede::check
