// Whole orders through the pipeline with the atomic strategy: on the memory store, and on SQLite
// with its commits shared by 32 callers, or made for one order each. On PostgreSQL where the
// environment variable STAMPEDE_POSTGRES_URL names a server: each run fills a schema of its own.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "tests/benchmarks/registration.hpp"
#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

struct Shop {
  ScratchDirectory directory;
  std::unique_ptr<Sale> sale;
};

void place_orders(benchmark::State& state, std::unique_ptr<Shop>& shop, SaleOptions options) {
  // The first thread opens the shop; nobody passes the first iteration before all are there.
  if (state.thread_index() == 0) {
    shop = std::make_unique<Shop>();
    if (options.store == "sqlite") {
      options.store_settings["path"] = shop->directory.path() / "sale.db";
    }
    if (options.store == "postgres") {
      static int schemas = 0;
      options.store_settings["schema"] =
          "benchmark_" + std::to_string(::getpid()) + "_" + std::to_string(++schemas);
    }
    shop->sale = std::make_unique<Sale>(options);
  }
  Spread spread(state.thread_index());
  for ([[maybe_unused]] auto _ : state) {
    shop->sale->place_order(UserId{spread.next(kUsers)}, ProductId{spread.next(kProducts)});
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) shop.reset();  // All threads are past the last iteration.
}

void add(const std::string& name, const SaleOptions& options, int threads) {
  const auto shop = std::make_shared<std::unique_ptr<Shop>>();
  benchmark::RegisterBenchmark(
      ("order/" + name).c_str(),
      [shop, options](benchmark::State& state) { place_orders(state, *shop, options); })
      ->Threads(threads)
      ->UseRealTime();
}

SaleOptions sqlite(plugin::Settings settings) {
  return {.store = "sqlite", .store_settings = std::move(settings), .lock = "atomic"};
}

SaleOptions postgres(const char* url, const char* lock) {
  return {.store = "postgres",
          .store_settings = {{"url", url}, {"pool.max", "32"}, {"pool.timeout", "30s"}},
          .lock = lock};
}

}  // namespace

void add_order_benchmarks() {
  add("memory", {}, 1);
  add("memory", {}, 8);
  add("sqlite/grouped", sqlite({{"readers", "32"}}), 32);
  add("sqlite/single", sqlite({{"readers", "32"}, {"batch", "1"}}), 32);
  add("sqlite/single", sqlite({}), 1);
  add("sqlite_full/grouped", sqlite({{"readers", "32"}, {"synchronous", "full"}}), 32);
  add("sqlite_full/single", sqlite({{"readers", "32"}, {"batch", "1"}, {"synchronous", "full"}}),
      32);
  const char* const url = std::getenv("STAMPEDE_POSTGRES_URL");
  if (url == nullptr) return;
  for (const int threads : {1, 8, 32}) {
    add("postgres/atomic", postgres(url, "atomic"), threads);
    add("postgres/pessimistic", postgres(url, "pessimistic"), threads);
    add("postgres/single_writer", postgres(url, "single_writer"), threads);
  }
}

}  // namespace stampede::benchmarks
