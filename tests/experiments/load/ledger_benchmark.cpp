// What remembering one write costs, beside what drawing and writing the request itself costs.

#include <benchmark/benchmark.h>

#include "experiments/load/json_fields.hpp"
#include "experiments/load/ledger.hpp"

namespace stampede::load {
namespace {

std::shared_ptr<const JourneyBook> book_of_orders() {
  const LoadPlan plan{.mix = {{"order", 1}},
                      .drawn = {.users = 100'000, .products = 10, .coupons = 1},
                      .items = {3, 3},
                      .quantity = {2, 2}};
  return std::make_shared<const JourneyBook>(*JourneyBook::compile(plan));
}

void draw_and_write(benchmark::State& state) {
  const auto book = book_of_orders();
  Values values;
  RequestBuffer buffer;
  std::uint64_t i = 0;
  for (auto _ : state) {
    const auto& journey = book->draw(i++, values);
    benchmark::DoNotOptimize(book->request(book->steps()[journey.first_step], values, buffer));
  }
}
BENCHMARK(draw_and_write);

void remember(benchmark::State& state) {
  const auto book = book_of_orders();
  auto ledger = std::make_unique<Ledger>(book);
  Values values;
  book->draw(1, values);
  for (auto _ : state) {
    ++values.sequence;
    const auto record = ledger->begin(0, values, Duration(values.sequence));
    ledger->finish(record, {.outcome = LedgerOutcome::kAcknowledged, .status = 201});
    if (ledger->size() == 1'000'000) {  // A long run's worth; then another run.
      state.PauseTiming();
      ledger = std::make_unique<Ledger>(book);
      state.ResumeTiming();
    }
  }
  state.counters["bytes"] = static_cast<double>(sizeof(LedgerRecord) + 3 * sizeof(Item));
}
BENCHMARK(remember);

void read_an_order(benchmark::State& state) {
  const std::string json =
      R"({"orderId":"018f4c1e-7b2a-7cc3-98c4-dc0c0c07398f","userId":7,"status":"COMPLETED",)"
      R"("items":[{"productId":1,"quantity":2,"unitPrice":1000},{"productId":4,"quantity":2,)"
      R"("unitPrice":1000},{"productId":9,"quantity":2,"unitPrice":1000}],"couponId":null,)"
      R"("subtotal":6000,"discount":0,"total":6000,"createdAt":"2026-01-01T00:00:00.000000Z"})";
  static constexpr std::array<std::string_view, 2> kNames{"orderId", "total"};
  std::array<std::string, 2> values;
  for (auto _ : state) benchmark::DoNotOptimize(read_json_fields(json, kNames, values));
}
BENCHMARK(read_an_order);

}  // namespace
}  // namespace stampede::load

BENCHMARK_MAIN();
