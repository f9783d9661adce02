// LockStrategy::execute() of every strategy that runs on the memory store, without a server of its
// own: alone, and with eight threads that want the same user, the same product, or neither. The
// operation is the heart of an order: read a wallet and a product, take one unit, pay. It leaves no
// rows behind, so that a run may be as long as it wants.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/benchmarks/registration.hpp"
#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

class TakeOne final : public Operation {
 public:
  TakeOne(UserId user, ProductId product) : user_(user), product_(product) {}

  Result<Outcome> work(Transaction& transaction) override {
    const auto wallet = transaction.wallet(user_);
    if (!wallet) return Unexpected(wallet.error());
    const auto product = transaction.product(product_);
    if (!product) return Unexpected(product.error());
    if (!*wallet || !*product) return fail(ErrorCode::kInternal, "the sale was not seeded");
    const auto taken = transaction.take_stock(**product, 1);
    if (!taken) return Unexpected(taken.error());
    const auto paid = transaction.debit(**wallet, Money{1});
    if (!paid) return Unexpected(paid.error());
    if (!*taken || !*paid) return fail(ErrorCode::kInternal, "the sale ran out of something");
    return Outcome::commit();
  }

 private:
  const UserId user_;
  const ProductId product_;
};

// What the threads want of the same: a user, a product, or nothing.
enum class Shared : std::uint8_t { kNothing, kUser, kProduct };

// False for a strategy that gave up after too many conflicts.
bool execute(Sale& sale, UserId user, ProductId product) {
  TakeOne operation(user, product);
  Phases phases;
  Context context{Clock::now() + std::chrono::seconds(30), phases};
  const auto outcome =
      sale.lock().execute(sale.store(), Scope().add(user).add(product), operation, context);
  if (outcome) return true;
  if (outcome.error().code != ErrorCode::kConflict) give_up(outcome.error().message);
  return false;
}

void run(benchmark::State& state, std::unique_ptr<Sale>& sale, const std::string& lock,
         Shared shared) {
  // The first thread makes the sale; nobody passes the first iteration before all are there.
  if (state.thread_index() == 0) {
    sale =
        std::make_unique<Sale>(SaleOptions{.store = "memory", .store_settings = {}, .lock = lock});
  }
  Spread spread(state.thread_index());
  std::int64_t gave_up = 0;
  for ([[maybe_unused]] auto _ : state) {
    const UserId user{shared == Shared::kUser ? 1 : spread.next(kUsers)};
    const ProductId product{shared == Shared::kProduct ? 1 : spread.next(kProducts)};
    if (!execute(*sale, user, product)) ++gave_up;
  }
  state.SetItemsProcessed(state.iterations());
  if (gave_up > 0) state.counters["gave_up"] = static_cast<double>(gave_up);
  if (state.thread_index() == 0) sale.reset();  // All threads are past the last iteration.
}

void add(const std::string& lock, const std::string& setting, Shared shared, int threads) {
  const auto sale = std::make_shared<std::unique_ptr<Sale>>();
  benchmark::RegisterBenchmark(
      ("lock/" + lock + "/" + setting).c_str(),
      [sale, lock, shared](benchmark::State& state) { run(state, *sale, lock, shared); })
      ->Threads(threads)
      ->UseRealTime();
}

// One that talks to servers has an option that says where they are.
bool runs_here(plugin::Catalog& catalog, const std::string& lock) {
  const auto info = must(catalog.describe(plugin::Kind::kLock, lock));
  const auto is_address = [](const auto& option) {
    return std::string_view(option.name).starts_with("url");
  };
  if (std::ranges::any_of(info.options, is_address)) return false;
  const auto store = must(catalog.create<Store>("memory"));
  return must(catalog.create<LockStrategy>(lock))->runs_on(*store);
}

}  // namespace

void add_lock_benchmarks() {
  auto catalog = make_catalog();
  for (const auto& lock : catalog.names(plugin::Kind::kLock)) {
    if (!runs_here(catalog, lock)) continue;
    add(lock, "alone", Shared::kNothing, 1);
    add(lock, "one_user", Shared::kUser, 8);
    add(lock, "one_product", Shared::kProduct, 8);
    add(lock, "many_users", Shared::kNothing, 8);
  }
}

}  // namespace stampede::benchmarks
