// What every lock strategy promises, as checks that say what they found. They are functions and not
// tests, so that strategies which are broken on purpose can show that the checks notice.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/api/lock_strategy.hpp"
#include "tests/interleaving/interleave.hpp"

namespace stampede::test {

// What a check runs on; it makes what it needs afresh.
struct Subject {
  std::function<std::unique_ptr<LockStrategy>()> make_strategy;
  std::function<std::unique_ptr<Store>()> make_store;
  // After this, a check no longer waits for an operation that should have ended.
  std::chrono::nanoseconds patience = kPatience;
};

struct Check {
  const char* promise;
  // How the promise was broken, a line for each way; "" when it was kept.
  std::string (*broken)(const Subject&);
};

// Stock, money and coupons under many threads.
std::span<const Check> business_checks();
// When guarded() and the work run, and what their answers mean.
std::span<const Check> protocol_checks();
// Deadlines, and what is held for how long.
std::span<const Check> waiting_checks();
// For strategies that lock what belongs to a user: what the lock covers.
std::span<const Check> locking_checks();

// The check of this promise. Throws std::out_of_range when there is none.
const Check& check_of(const std::string& promise);

}  // namespace stampede::test
