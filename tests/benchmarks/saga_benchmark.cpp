// Whole orders through the five services in one process: memory stores, the transport `inline`, the
// atomic strategy. What stands beside order/memory, the same order in one transaction.

#include <benchmark/benchmark.h>

#include <array>
#include <memory>

#include "core/saga/services.hpp"
#include "tests/benchmarks/registration.hpp"
#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

std::unique_ptr<telemetry::Log> silent_log() {
  telemetry::LogOptions options;
  options.level = telemetry::LogLevel::kOff;
  return must(telemetry::Log::open(options));
}

class SagaSale {
 public:
  SagaSale() {
    for (std::size_t i = 0; i < saga::kAreaCount; ++i) {
      stores_[i] = must(catalog_.create<Store>("memory"));
      locks_[i] = must(catalog_.create<LockStrategy>("atomic"));
      fill(*stores_[i]);
    }
    services_ = std::make_unique<saga::Services>(saga::Services::Parts{
        .backings = {backing(0), backing(1), backing(2), backing(3), backing(4)},
        .transport = *transport_,
        .payments = payments_,
        .clock = clock_,
        .ids = ids_,
        .log = *log_,
        .options = {}});
    must(services_->start());
  }

  pipeline::Business& business() { return *services_; }

 private:
  saga::Services::Backing backing(std::size_t i) { return {*stores_.at(i), *locks_.at(i)}; }

  plugin::Catalog catalog_ = make_catalog();
  std::array<std::unique_ptr<Store>, saga::kAreaCount> stores_;
  std::array<std::unique_ptr<LockStrategy>, saga::kAreaCount> locks_;
  const std::unique_ptr<Transport> transport_ = must(catalog_.create<Transport>("inline"));
  pipeline::SystemClock clock_;
  pipeline::UuidGenerator ids_{clock_, 1};
  pipeline::SimulatedPayments payments_{{}};
  const std::unique_ptr<telemetry::Log> log_ = silent_log();
  std::unique_ptr<saga::Services> services_;
};

void place_orders(benchmark::State& state, std::unique_ptr<SagaSale>& sale) {
  // The first thread opens; nobody passes the first iteration before all are there.
  if (state.thread_index() == 0) sale = std::make_unique<SagaSale>();
  Spread spread(state.thread_index());
  for ([[maybe_unused]] auto _ : state) {
    place_order(sale->business(), UserId{spread.next(kUsers)}, ProductId{spread.next(kProducts)});
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) sale.reset();  // All threads are past the last iteration.
}

}  // namespace

void add_saga_benchmarks() {
  for (const int threads : {1, 8}) {  // With what the relays do beside them.
    const auto sale = std::make_shared<std::unique_ptr<SagaSale>>();
    benchmark::RegisterBenchmark("order/saga_inline",
                                 [sale](benchmark::State& state) { place_orders(state, *sale); })
        ->Threads(threads)
        ->UseRealTime();
  }
}

}  // namespace stampede::benchmarks
