// Stores that are broken on purpose in what sagas need of them, each in one way: the memory store,
// with something wrong put in front of it. As stores.hpp.

#pragma once

#include <string>

#include "tests/kit/mutants/stores.hpp"

namespace stampede::kit {

// Handles an event as often as it comes.
struct WithoutInbox final : ForwardingTransaction {
  using ForwardingTransaction::ForwardingTransaction;
  Result<bool> receive(std::string_view) override { return true; }
};
using ReceivesEverything = ChangesTransactions<WithoutInbox>;

// Writes over whatever is there by now.
struct OverAnyVersion final : ForwardingTransaction {
  using ForwardingTransaction::ForwardingTransaction;
  Result<void> put_saga_step(const SagaStep& step) override {
    auto changed = step;
    const auto there = *to_.saga_step(step.key);
    changed.version = there ? there->version : 0;
    return to_.put_saga_step(changed);
  }
  Result<void> put_relay_cursor(const RelayCursor& cursor) override {
    auto changed = cursor;
    const auto there = *to_.relay_cursor();
    changed.version = there ? there->version : 0;
    return to_.put_relay_cursor(changed);
  }
};
using WritesStepsBlindly = ChangesTransactions<OverAnyVersion>;

// Takes an order that another one has ended for one that it ended itself.
struct NeverTooLate final : ForwardingTransaction {
  using ForwardingTransaction::ForwardingTransaction;
  Result<bool> finish_order(const Order& seen, Order::Status status,
                            std::string_view failure) override {
    const auto there = *to_.order(seen.id);
    if (there && there->status != Order::Status::kPending) return true;
    return to_.finish_order(seen, status, failure);
  }
};
using FinishesWhatIsFinal = ChangesTransactions<NeverTooLate>;

struct WithoutReasons final : ForwardingTransaction {
  using ForwardingTransaction::ForwardingTransaction;
  Result<bool> finish_order(const Order& seen, Order::Status status, std::string_view) override {
    return to_.finish_order(seen, status, "");
  }
};
using ForgetsWhyAnOrderFailed = ChangesTransactions<WithoutReasons>;

struct SkipsAStep final : ForwardingView {
  using ForwardingView::ForwardingView;
  Result<std::vector<SagaStep>> saga_steps_after(std::string_view after,
                                                 std::int64_t limit) override {
    auto rows = to_->saga_steps_after(after, limit + 1);
    if (rows && !after.empty() && !rows->empty()) rows->erase(rows->begin());
    if (rows && std::ssize(*rows) > limit) rows->pop_back();
    return rows;
  }
};
using SkipsAStepBetweenPages = ChangesViews<SkipsAStep>;

}  // namespace stampede::kit
