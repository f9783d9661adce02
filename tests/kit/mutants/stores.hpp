// Stores that are broken on purpose, each in one way: the memory store, with something wrong put in
// front of it. Each owns the store beneath. Safe for concurrent use, in so far as they are not
// broken in that.

#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <ranges>
#include <utility>

#include "experiments/check/forwarding.hpp"
#include "tests/plugins/locks/batching_store.hpp"

namespace stampede::kit {

using check::ForwardingOperation;
using check::ForwardingStore;
using check::ForwardingTransaction;
using check::ForwardingView;

class StoreMutant : public ForwardingStore {
 public:
  explicit StoreMutant(std::unique_ptr<Store> store)
      : ForwardingStore(*store), store_(std::move(store)) {}

 private:
  const std::unique_ptr<Store> store_;
};

// Writes in another form than it was asked to.
template <WriteForm asked, WriteForm used>
class MixesUpForms final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    auto changed = options;
    for (auto* const form : {&changed.user, &changed.product, &changed.coupon}) {
      if (*form == asked) *form = used;
    }
    return to_.transact(changed, operation, context);
  }
};
using DropsTheVersionCheck = MixesUpForms<WriteForm::kVersioned, WriteForm::kReadThenWrite>;
using WritesBlindly = MixesUpForms<WriteForm::kAtomic, WriteForm::kReadThenWrite>;
using ChecksTooMuch = MixesUpForms<WriteForm::kReadThenWrite, WriteForm::kAtomic>;

// Claims no locked reads, and runs what asks for them all the same.
class RunsWhatItDoesNotSupport final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions&, Operation& operation,
                           Context& context) override {
    return to_.transact({}, operation, context);
  }
};

// A store whose transactions are run with something else in the place of the Transaction.
template <typename Changed>
class ChangesTransactions : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    struct Changing final : ForwardingOperation {
      using ForwardingOperation::ForwardingOperation;
      Result<Outcome> work(Transaction& transaction) override {
        Changed changed(transaction);
        return operation_.work(changed);
      }
    };
    Changing changing(operation);
    return to_.transact(options, changing, context);
  }
};

struct WithoutEvents final : ForwardingTransaction {
  using ForwardingTransaction::ForwardingTransaction;
  Result<void> emit(Event) override { return {}; }
};
using DropsEvents = ChangesTransactions<WithoutEvents>;

struct WithoutKeys final : ForwardingTransaction {
  using ForwardingTransaction::ForwardingTransaction;
  Result<void> record_request(const RequestRecord&) override { return {}; }
};
using ForgetsKeys = ChangesTransactions<WithoutKeys>;

struct WithoutLimits final : ForwardingTransaction {
  using ForwardingTransaction::ForwardingTransaction;
  Result<bool> take_stock(const Product& seen, std::int64_t quantity) override {
    auto plenty = seen;
    plenty.stock = std::max(seen.stock, quantity);
    auto taken = to_.take_stock(plenty, quantity);
    return taken ? Result<bool>(true) : taken;
  }
};
using GrantsEverything = ChangesTransactions<WithoutLimits>;

// Takes the money on credit, when the rest is done.
class ChecksTheBalanceAfterTheTake final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    Postponing postponing(operation);
    auto outcome = to_.transact(options, postponing, context);
    if (!outcome || !outcome->committed() || !postponing.bill) return outcome;
    Paying paying(*postponing.bill);
    return to_.transact(options, paying, context);
  }

 private:
  using Bill = std::pair<Wallet, Money>;
  struct OnCredit final : ForwardingTransaction {
    OnCredit(Transaction& to, std::optional<Bill>& bill) : ForwardingTransaction(to), bill_(bill) {}
    Result<bool> debit(const Wallet& seen, Money amount) override {
      bill_ = Bill(seen, amount);
      return true;
    }

   private:
    std::optional<Bill>& bill_;
  };
  struct Postponing final : ForwardingOperation {
    using ForwardingOperation::ForwardingOperation;
    Result<Outcome> work(Transaction& transaction) override {
      bill.reset();
      OnCredit on_credit(transaction, bill);
      return operation_.work(on_credit);
    }
    std::optional<Bill> bill;
  };
  struct Paying final : Operation {
    explicit Paying(const Bill& what) : bill(what) {}
    Result<Outcome> work(Transaction& transaction) override {
      const auto paid = transaction.debit(bill.first, bill.second);
      if (!paid) return Unexpected(paid.error());
      return *paid ? Outcome::commit() : Outcome::refuse(RefusalCode::kInsufficientBalance);
    }
    const Bill bill;
  };
};

// Keeps what it has read once.
class ReadsFromAStaleCache final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    Caching caching(operation, *this);
    return to_.transact(options, caching, context);
  }

 private:
  struct Cached final : ForwardingTransaction {
    Cached(Transaction& to, ReadsFromAStaleCache& cache)
        : ForwardingTransaction(to), cache_(cache) {}
    Result<std::optional<Product>> product(ProductId id) override {
      const std::lock_guard guard(cache_.mutex_);
      const auto found = cache_.products_.find(id);
      if (found != cache_.products_.end()) return std::optional(found->second);
      auto read = to_.product(id);
      if (read && *read) cache_.products_.emplace(id, **read);
      return read;
    }

   private:
    ReadsFromAStaleCache& cache_;
  };
  struct Caching final : ForwardingOperation {
    Caching(Operation& operation, ReadsFromAStaleCache& cache)
        : ForwardingOperation(operation), cache_(cache) {}
    Result<Outcome> work(Transaction& transaction) override {
      Cached cached(transaction, cache_);
      return operation_.work(cached);
    }

   private:
    ReadsFromAStaleCache& cache_;
  };

  std::mutex mutex_;
  std::map<ProductId, Product> products_;
};

class CommitsWhatWorkRefused final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    struct Committing final : ForwardingOperation {
      using ForwardingOperation::ForwardingOperation;
      Result<Outcome> work(Transaction& transaction) override {
        said = operation_.work(transaction);
        return said ? Outcome::commit() : said;
      }
      Result<Outcome> said = Outcome::commit();
    };
    Committing committing(operation);
    auto outcome = to_.transact(options, committing, context);
    return outcome && outcome->committed() ? committing.said : outcome;
  }
};

// Conflicts are the strategy's business.
class RetriesByItself final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    for (;;) {
      auto outcome = to_.transact(options, operation, context);
      if (outcome || outcome.error().code != ErrorCode::kConflict) return outcome;
    }
  }
};

class CountsNoAttempts final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    const auto before = context.phases.attempts;
    auto outcome = to_.transact(options, operation, context);
    context.phases.attempts = before;
    return outcome;
  }
};

// Lets a holder that was left behind write.
class IgnoresFences final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<Outcome> transact(const TransactionOptions& options, Operation& operation,
                           Context& context) override {
    Context unfenced{.deadline = context.deadline, .phases = context.phases};
    return to_.transact(options, operation, unfenced);
  }
};

// Places a batch, each as if it were alone with what was there before. `grants_all` says whether
// that is the fault.
template <bool grants_all>
class PlacesBatches final : public StoreMutant, public BatchStore {
 public:
  using StoreMutant::StoreMutant;
  BatchStore* batches() override { return this; }
  std::size_t most() const override { return 64; }
  std::vector<Result<Outcome>> place(std::span<Placement* const> placements,
                                     Context& context) override {
    GrantsEverything lavish(std::make_unique<ForwardingStore>(to_));
    Store& used = grants_all ? static_cast<Store&>(lavish) : to_;
    std::vector<Result<Outcome>> results;
    for (auto* const placement : placements) {
      test::PlacementWork work(*placement);
      results.push_back(
          used.transact(grants_all ? kWrittenBlindly : TransactionOptions{}, work, context));
    }
    return results;
  }

 private:
  static constexpr auto kWrittenBlindly = TransactionOptions::all(WriteForm::kReadThenWrite);
};
using GrantsWholeBatches = PlacesBatches<true>;

// Keeps what came before the fault.
class SeedsInPart final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<void> seed(const Seed& seed) override {
    auto seeded = to_.seed(seed);
    if (!seeded) {
      const auto in_part = to_.seed({.products = seed.products, .stock = seed.stock});
      static_cast<void>(in_part);
    }
    return seeded;
  }
};

// A store whose views are changed.
template <typename Changed>
class ChangesViews final : public StoreMutant {
 public:
  using StoreMutant::StoreMutant;
  Result<std::unique_ptr<ReadView>> read_view(Deadline deadline) override {
    auto view = to_.read_view(deadline);
    if (!view) return view;
    return std::make_unique<Changed>(std::move(*view));
  }
};

struct NewestFirst final : ForwardingView {
  using ForwardingView::ForwardingView;
  Result<std::vector<OutboxRow>> outbox_after(std::int64_t sequence, std::int64_t limit) override {
    auto rows = to_->outbox_after(sequence, limit);
    if (rows) std::ranges::reverse(*rows);
    return rows;
  }
};
using BreaksTheOrderOfTheOutbox = ChangesViews<NewestFirst>;

struct SkipsOne final : ForwardingView {
  using ForwardingView::ForwardingView;
  Result<std::vector<Order>> orders_after(const OrderId& after, std::int64_t limit) override {
    auto rows = to_->orders_after(after, limit + 1);
    if (rows && after != OrderId{} && !rows->empty()) rows->erase(rows->begin());
    if (rows && std::ssize(*rows) > limit) rows->pop_back();
    return rows;
  }
};
using SkipsARowBetweenPages = ChangesViews<SkipsOne>;

struct CountsThePage final : ForwardingView {
  using ForwardingView::ForwardingView;
  Result<Paged<Order>> orders(const OrderFilter& filter, Page page) override {
    auto found = to_->orders(filter, page);
    if (found) found->total = std::ssize(found->items);
    return found;
  }
};
using CountsOnlyThePage = ChangesViews<CountsThePage>;

}  // namespace stampede::kit
