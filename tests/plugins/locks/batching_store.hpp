// A store that can place many orders in one call, made of one that cannot: it places them one after
// the other, and notes how many came together. For tests of who calls it and how.
// Safe for concurrent use as far as the store inside is.

#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "core/api/store.hpp"

namespace stampede::test {

// A placement, run as work.
class PlacementWork final : public Operation {
 public:
  explicit PlacementWork(Placement& placement) : placement_(placement) {}

  Result<Outcome> work(Transaction& transaction) override {
    const auto wallet = transaction.wallet(placement_.user);
    if (!wallet) return Unexpected(wallet.error());
    if (!*wallet) return Outcome::refuse(RefusalCode::kUserNotFound);
    Order order{.id = placement_.order, .user = placement_.user};
    order.status = Order::Status::kCompleted;
    order.created_at = placement_.now;
    for (const auto& [id, quantity] : placement_.items) {
      const auto product = transaction.product(id);
      if (!product) return Unexpected(product.error());
      if (!*product) return Outcome::refuse(RefusalCode::kProductNotFound);
      const auto taken = transaction.take_stock(**product, quantity);
      if (!taken) return Unexpected(taken.error());
      if (!*taken) return Outcome::refuse(RefusalCode::kInsufficientStock);
      order.items.push_back({id, quantity, (*product)->price});
      order.total += Money{(*product)->price.minor * quantity};
    }
    order.subtotal = order.total;
    const auto paid = transaction.debit(**wallet, order.total);
    if (!paid) return Unexpected(paid.error());
    if (!*paid) return Outcome::refuse(RefusalCode::kInsufficientBalance);
    if (auto added = transaction.add_order(order); !added) return Unexpected(added.error());
    auto told = transaction.emit({.id = to_string(placement_.event),
                                  .topic = "ORDER_COMPLETED",
                                  .key = to_string(placement_.order),
                                  .payload = "{}",
                                  .correlation = "test"});
    if (!told) return Unexpected(told.error());
    placement_.placed = std::move(order);
    return Outcome::commit();
  }

 private:
  Placement& placement_;
};

class BatchingStore final : public Store, public BatchStore {
 public:
  // `inside` outlives it; several on one store are as several servers on one database.
  explicit BatchingStore(Store& inside, Sharing sharing = Sharing::kProcess)
      : inside_(inside), sharing_(sharing) {}

  // Answers instead of placing, where it returns something.
  std::function<std::optional<Error>(const Placement&)> in_place_of;

  // How many placements came with each call, in the order of calls.
  std::vector<std::size_t> sizes() {
    const std::lock_guard held(mutex_);
    return sizes_;
  }

  std::size_t most() const override { return 64; }
  std::vector<Result<Outcome>> place(std::span<Placement* const> placements,
                                     Context& context) override {
    {
      const std::lock_guard held(mutex_);
      sizes_.push_back(placements.size());
    }
    std::vector<Result<Outcome>> results;
    for (auto* const placement : placements) {
      if (Clock::now() >= context.deadline) {
        results.emplace_back(fail(ErrorCode::kTimeout, "the deadline of the call passed"));
        continue;
      }
      const auto instead = in_place_of ? in_place_of(*placement) : std::nullopt;
      if (instead) {
        results.emplace_back(Unexpected(*instead));
        continue;
      }
      PlacementWork work(*placement);
      results.push_back(inside_.transact({}, work, context));
    }
    return results;
  }

  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    return inside_.transact(options, operation, context);
  }
  BatchStore* batches() override { return this; }
  FenceStore* fences() override { return inside_.fences(); }
  Sharing sharing() const override { return sharing_; }
  bool supports(const TransactionOptions& options) const override {
    return inside_.supports(options);
  }
  Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) override {
    return inside_.read_view(deadline);
  }
  Result<void> seed(const Seed& seed) override { return inside_.seed(seed); }
  Result<void> ping(Deadline deadline) override { return inside_.ping(deadline); }
  StoreStats stats() const override { return inside_.stats(); }

 private:
  Store& inside_;
  const Sharing sharing_;
  std::mutex mutex_;
  std::vector<std::size_t> sizes_;
};

}  // namespace stampede::test
