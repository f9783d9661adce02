// The fixture of tests that run a sale with a strategy on a store.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/interleaving/books.hpp"
#include "tests/interleaving/interleave.hpp"
#include "tests/interleaving/operations.hpp"
#include "tests/interleaving/plugins_under_test.hpp"
#include "tests/interleaving/sale.hpp"

namespace stampede::test {

// A strategy on a store that was filled with a sale.
class SaleTest : public testing::TestWithParam<Pairing> {
 protected:
  void SetUp() override {
    const auto missing = Workshop::missing(GetParam().strategy);
    if (!missing.empty()) GTEST_SKIP() << missing;
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
