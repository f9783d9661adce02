// A virtual call into a loaded plugin against the same call within the program. The answer of the
// memory store to sharing() is a constant, so that only the call is measured.

#include <benchmark/benchmark.h>

#include <memory>

#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

class Shared {
 public:
  virtual ~Shared() = default;
  virtual Sharing sharing() const = 0;
};

class Local final : public Shared {
 public:
  [[gnu::noipa]] Sharing sharing() const override { return Sharing::kProcess; }
};

void call_direct(benchmark::State& state) {
  const Local local;
  for ([[maybe_unused]] auto _ : state) {
    const auto* object = &local;
    benchmark::DoNotOptimize(object);
    benchmark::DoNotOptimize(object->sharing());  // The class is final: no table is consulted.
  }
}
BENCHMARK(call_direct)->Name("call/direct");

void call_virtual(benchmark::State& state) {
  const std::unique_ptr<const Shared> local = std::make_unique<Local>();
  for ([[maybe_unused]] auto _ : state) {
    const auto* object = local.get();
    benchmark::DoNotOptimize(object);  // Hides the type: the call is a real virtual one.
    benchmark::DoNotOptimize(object->sharing());
  }
}
BENCHMARK(call_virtual)->Name("call/virtual");

void call_plugin(benchmark::State& state) {
  auto catalog = make_catalog();
  const std::unique_ptr<const Store> store = must(catalog.create<Store>("memory"));
  for ([[maybe_unused]] auto _ : state) {
    const auto* object = store.get();
    benchmark::DoNotOptimize(object);
    benchmark::DoNotOptimize(object->sharing());
  }
}
BENCHMARK(call_plugin)->Name("call/plugin");

// Finding a plugin that is open already, checking its options and constructing it.
void create_plugin(benchmark::State& state) {
  auto catalog = make_catalog();
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(must(catalog.create<LockStrategy>("optimistic")));
  }
}
BENCHMARK(create_plugin)->Name("call/create_plugin");

}  // namespace

}  // namespace stampede::benchmarks
