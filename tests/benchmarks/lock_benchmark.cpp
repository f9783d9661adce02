// LockStrategy::execute() of every strategy that runs on the memory store without a server: alone,
// and with eight threads that want the same user or different ones. The operation is the heart of
// an order: read a wallet and a product, take one unit, pay. It leaves no rows behind, so that a
// run may be as long as it wants.

#include <benchmark/benchmark.h>

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

enum class Users : std::uint8_t { kOne, kMany };

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
         Users users) {
  // The first thread makes the sale; nobody passes the first iteration before all are there.
  if (state.thread_index() == 0) {
    sale =
        std::make_unique<Sale>(SaleOptions{.store = "memory", .store_settings = {}, .lock = lock});
  }
  Spread spread(state.thread_index());
  std::int64_t gave_up = 0;
  for ([[maybe_unused]] auto _ : state) {
    const UserId user{users == Users::kOne ? 1 : spread.next(kUsers)};
    if (!execute(*sale, user, ProductId{spread.next(kProducts)})) ++gave_up;
  }
  state.SetItemsProcessed(state.iterations());
  if (gave_up > 0) state.counters["gave_up"] = static_cast<double>(gave_up);
  if (state.thread_index() == 0) sale.reset();  // All threads are past the last iteration.
}

void add(const std::string& lock, const std::string& setting, Users users, int threads) {
  const auto sale = std::make_shared<std::unique_ptr<Sale>>();
  benchmark::RegisterBenchmark(
      ("lock/" + lock + "/" + setting).c_str(),
      [sale, lock, users](benchmark::State& state) { run(state, *sale, lock, users); })
      ->Threads(threads)
      ->UseRealTime();
}

// Whether it runs on the memory store, and needs no server.
bool is_complete(plugin::Catalog& catalog, const std::string& lock) {
  for (const auto& option : must(catalog.describe(plugin::Kind::kLock, lock)).options) {
    if (std::string_view(option.name) == "urls") return false;
  }
  const auto store = must(catalog.create<Store>("memory"));
  return must(catalog.create<LockStrategy>(lock))->runs_on(*store);
}

}  // namespace

void add_lock_benchmarks() {
  auto catalog = make_catalog();
  for (const auto& lock : catalog.names(plugin::Kind::kLock)) {
    if (!is_complete(catalog, lock)) continue;
    add(lock, "alone", Users::kMany, 1);
    add(lock, "one_user", Users::kOne, 8);
    add(lock, "many_users", Users::kMany, 8);
  }
}

}  // namespace stampede::benchmarks
