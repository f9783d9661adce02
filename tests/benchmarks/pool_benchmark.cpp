// Borrowing a connection from an idle pool and giving it back: what every transaction pays before
// it sends anything. The things in the pool are no connections.

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>

#include "plugins/stores/postgres/pool.hpp"
#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

struct Nothing {
  bool is_alive() const { return true; }
  bool is_broken() const { return false; }
};

void borrow_and_return(benchmark::State& state) {
  stores::postgres::Pool<Nothing> pool({.max = 32}, []() -> Result<std::unique_ptr<Nothing>> {
    return std::make_unique<Nothing>();
  });
  for ([[maybe_unused]] auto _ : state) {
    const auto lease = must(pool.borrow(Clock::now() + std::chrono::seconds(1)));
    benchmark::DoNotOptimize(&*lease);
  }
}
BENCHMARK(borrow_and_return)->Name("pool/borrow_and_return");

}  // namespace

}  // namespace stampede::benchmarks
