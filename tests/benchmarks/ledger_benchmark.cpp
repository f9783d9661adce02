// What the bench's memory of each write costs: begin() before it is sent, finish() after it.

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <vector>

#include "experiments/load/ledger.hpp"
#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

std::shared_ptr<const load::JourneyBook> compile_orders() {
  const load::LoadPlan plan{.mix = {{"order", 1}},
                            .drawn = {.users = kUsers, .products = kProducts, .coupons = 1},
                            .items = {3, 3},
                            .quantity = {1, 5},
                            .key_prefix = "run"};
  return std::make_shared<const load::JourneyBook>(must(load::JourneyBook::compile(plan)));
}

void begin_and_finish(benchmark::State& state) {
  constexpr std::size_t kMost = 1U << 18U;  // Records of one ledger: 40 MB.
  const auto book = compile_orders();
  std::vector<load::Values> drawn(1'024);
  for (std::size_t i = 0; i < drawn.size(); ++i) book->draw(i, drawn[i]);
  const load::LedgerAnswer answer{.outcome = load::LedgerOutcome::kAcknowledged,
                                  .status = 201,
                                  .code = {},
                                  .received_us = 1,
                                  .order = {},
                                  .total = Money{100}};
  auto ledger = std::make_unique<load::Ledger>(book);
  for ([[maybe_unused]] auto _ : state) {
    const auto index =
        ledger->begin(0, drawn[ledger->size() % drawn.size()], std::chrono::nanoseconds(1));
    ledger->finish(index, answer);
    if (ledger->size() < kMost) continue;
    state.PauseTiming();
    ledger = std::make_unique<load::Ledger>(book);
    state.ResumeTiming();
  }
}
BENCHMARK(begin_and_finish)->Name("ledger/begin_and_finish");

// What stands beside it in the generator: drawing an order and writing its request.
void draw_and_write(benchmark::State& state) {
  const auto book = compile_orders();
  load::Values values;
  load::RequestBuffer buffer;
  std::uint64_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto& journey = book->draw(i, values);
    values.sequence = i++;
    benchmark::DoNotOptimize(book->request(book->steps()[journey.first_step], values, buffer));
  }
}
BENCHMARK(draw_and_write)->Name("ledger/draw_and_write_request");

}  // namespace

}  // namespace stampede::benchmarks
