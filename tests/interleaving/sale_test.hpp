// The fixture of tests that run a sale with a strategy on a store, and the sale itself.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/interleaving/books.hpp"
#include "tests/interleaving/interleave.hpp"
#include "tests/interleaving/operations.hpp"
#include "tests/interleaving/plugins_under_test.hpp"

namespace stampede::test {

inline constexpr UserId kAda{1};
inline constexpr UserId kBob{2};
inline constexpr ProductId kTea{1};     // Costs 60.
inline constexpr ProductId kCoffee{2};  // Costs 61.
inline constexpr CouponId kHeld{1};     // Ada holds one that she has not used.
inline constexpr CouponId kRare{2};     // One may be issued.
inline constexpr CouponId kPlenty{3};   // A hundred may be issued.

// A wallet pays for one tea or one coffee, not for both, unless a test says otherwise.
inline Seed small_sale(std::int64_t stock = 10, std::int64_t balance = 100) {
  Seed seed{
      .users = 8, .balance = Money{balance}, .products = 3, .stock = stock, .price = Money{60}};
  const TimePoint until(std::chrono::hours(24));
  seed.coupons = {{.total = 1, .held_by = 1, .valid_until = until},
                  {.total = 1, .valid_until = until},
                  {.total = 100, .valid_until = until}};
  return seed;
}

// A strategy on a store that was filled with a sale.
class SaleTest : public testing::TestWithParam<Pairing> {
 protected:
  void SetUp() override {
    strategy_ = workshop_.strategy(GetParam().strategy);
    open(small_sale());
    if (!strategy_->runs_on(*store_)) GTEST_SKIP() << "not applicable";
  }

  // A fresh store with this sale.
  void open(const Seed& seed) {
    store_.reset();
    store_ = workshop_.store(GetParam().store);
    const auto seeded = store_->seed(seed);
    ASSERT_TRUE(seeded) << seeded.error().message;
    before_ = Books::of(*store_);
  }

  Books books() { return Books::of(*store_); }
  std::string contradictions_after(std::size_t acknowledged) {
    return contradictions(before_, books(), acknowledged);
  }

  Workshop workshop_;  // First, so that it outlives what it made.
  std::unique_ptr<LockStrategy> strategy_;
  std::unique_ptr<Store> store_;
  Books before_;
};

inline std::string name_of(const testing::TestParamInfo<Pairing>& info) {
  return info.param.strategy + "_on_" + info.param.store;
}

}  // namespace stampede::test
