// What the tests of payments share: faults, changes from outside, and the books. Not safe for
// concurrent use.

#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "tests/core/pipeline/sale.hpp"

namespace stampede::pipeline::testing {

inline constexpr Fault kConflict{.runs = true, .commits = false, .answer = ErrorCode::kConflict};
inline constexpr Fault kLostAnswer{.runs = true, .commits = true, .answer = ErrorCode::kInDoubt};
inline constexpr Fault kLostCommit{.runs = true, .commits = false, .answer = ErrorCode::kInDoubt};
inline constexpr Fault kLostConnection{
    .runs = false, .commits = false, .answer = ErrorCode::kInDoubt};

inline void expect_money_conserved(Sale& sale, std::int64_t user = 1) {
  std::map<OrderId, Money> completed;
  Money spent;
  for (const auto& order : sale.orders()) {
    if (order.status != Order::Status::kCompleted) continue;
    if (order.total != Money{}) completed[order.id] = order.total;
    if (order.user == UserId{user}) spent += order.total;
  }
  EXPECT_EQ(sale.payments.held(), completed);
  EXPECT_EQ(sale.balance(user), 10'000 - spent.minor);
  EXPECT_EQ(sale.events().size(), completed.size());
}

// Changes the state from outside the pipeline.
class Change final : public Operation {
 public:
  explicit Change(std::function<void(Transaction&)> change) : change_(std::move(change)) {}
  Result<Outcome> work(Transaction& transaction) override {
    change_(transaction);
    return Outcome::commit();
  }

 private:
  const std::function<void(Transaction&)> change_;
};

inline void change(Sale& sale, std::function<void(Transaction&)> what) {
  Change operation(std::move(what));
  Phases phases;
  Context context{Clock::now() + std::chrono::seconds(30), phases};
  const auto outcome = sale.store.inner().transact({}, operation, context);
  ASSERT_TRUE(outcome && outcome->committed());
}

inline void sell_out(Sale& sale, std::int64_t product) {
  change(sale, [&](Transaction& transaction) {
    const auto seen = transaction.product(ProductId{product});
    EXPECT_TRUE(*transaction.take_stock(**seen, (*seen)->stock));
  });
}

inline std::string name_of(const ::testing::TestParamInfo<PaymentPlacement>& placement) {
  switch (placement.param) {
    case PaymentPlacement::kNone:
      return "None";
    case PaymentPlacement::kBeforeLock:
      return "BeforeLock";
    case PaymentPlacement::kInLock:
      return "InLock";
    case PaymentPlacement::kInTransaction:
      return "InTransaction";
  }
  return "";
}

}  // namespace stampede::pipeline::testing

namespace stampede::pipeline {

// For GoogleTest, which looks beside the type.
inline void PrintTo(PaymentPlacement placement, std::ostream* out) {
  *out << testing::name_of({placement, 0});
}

}  // namespace stampede::pipeline
