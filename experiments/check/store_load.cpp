// Many callers, everything at once: what is sold and what is left must add up.

#include <atomic>
#include <thread>
#include <vector>

#include "experiments/check/store_checks.hpp"
#include "experiments/check/store_trial.hpp"

namespace stampede::check {
namespace {

// Retries conflicts until they are over; true when it bought one.
bool buy(StoreTrial& trial, WriteForm form, std::int64_t number) {
  for (;;) {
    const auto outcome =
        trial.run(TransactionOptions::all(form), [&](Transaction& t) -> Result<Outcome> {
          const auto product = **t.product(ProductId{number % 10 + 1});
          const auto wallet = **t.wallet(UserId{number % 20 + 1});
          if (!*t.take_stock(product, 1)) return Outcome::refuse(RefusalCode::kInsufficientStock);
          if (!*t.debit(wallet, Money{70})) {
            return Outcome::refuse(RefusalCode::kInsufficientBalance);
          }
          CHECK_TRUE(t.add_order(make_order(static_cast<std::uint64_t>(number + 1))));
          CHECK_TRUE(t.emit({std::to_string(number), "TOPIC", "key", "{}", ""}));
          return Outcome::commit();
        });
    if (outcome) return outcome->committed();
    CHECK_EQ(outcome.error().code, ErrorCode::kConflict);
    if (outcome.error().code != ErrorCode::kConflict) return false;
  }
}

void buy_everything(StoreTrial& trial, WriteForm form) {
  constexpr int kCallers = 8;
  constexpr int kOrdersEach = 40;
  std::atomic<std::int64_t> sold = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < kOrdersEach; ++i) {
        sold += buy(trial, form, caller * kOrdersEach + i) ? 1 : 0;
      }
    });
  }
  for (auto& caller : callers) caller.join();
  std::int64_t left = 0;
  const auto products = *trial.view()->products({0, 10});
  for (const auto& product : products.items) left += product.stock;
  std::int64_t money = 0;
  const auto wallets = *trial.view()->wallets_after(UserId{0}, 100);
  for (const auto& wallet : wallets) {
    CHECK_TRUE(wallet.balance.minor >= 0);
    money += wallet.balance.minor;
  }
  const auto orders = trial.view()->orders({}, {0, 1})->total;
  CHECK_EQ(sold, orders);
  CHECK_EQ(100 - left, sold);
  CHECK_EQ(20'000 - money, 70 * sold);
  CHECK_EQ(std::ssize(*trial.view()->outbox_after(0, 10'000)), sold);
  CHECK_EQ(sold, 100);
}

void conserves_stock_and_money_in_the_atomic_form(StoreTrial& trial) {
  trial.seed();
  buy_everything(trial, WriteForm::kAtomic);
}

void conserves_stock_and_money_in_the_versioned_form(StoreTrial& trial) {
  trial.seed();
  buy_everything(trial, WriteForm::kVersioned);
}

void shows_readers_only_whole_transactions(StoreTrial& trial) {
  trial.seed();
  std::atomic<bool> done = false;
  std::thread mover([&] {  // Moves money between two wallets; their sum never changes.
    for (int i = 0; i < 200; ++i) {
      const auto from = UserId{i % 2 + 1};
      const auto to = UserId{2 - i % 2};
      trial.commit([&](Transaction& t) -> Result<Outcome> {
        CHECK_TRUE(*t.debit(**t.wallet(from), Money{10}));
        CHECK_TRUE(t.credit(**t.wallet(to), Money{10}));
        return Outcome::commit();
      });
    }
    done = true;
  });
  while (!done) {
    const auto both = trial.view()->wallets_after(UserId{0}, 2);
    if (!both) continue;  // A store may end a view.
    CHECK_EQ((*both)[0].balance + (*both)[1].balance, Money{2000});
  }
  mover.join();
}

constexpr Check kChecks[] = {
    {"ConservesStockAndMoneyInTheAtomicForm",
     on_trial<conserves_stock_and_money_in_the_atomic_form, StoreTrial::Watch::kNo>},
    {"ConservesStockAndMoneyInTheVersionedForm",
     on_trial<conserves_stock_and_money_in_the_versioned_form, StoreTrial::Watch::kNo>},
    {"ShowsReadersOnlyWholeTransactions",
     on_trial<shows_readers_only_whole_transactions, StoreTrial::Watch::kNo>},
};

}  // namespace

std::span<const Check> store_load_checks() { return kChecks; }

}  // namespace stampede::check
