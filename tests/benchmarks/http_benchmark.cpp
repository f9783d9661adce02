// A request from its parsed form to its response, without sockets: find the route, read the JSON,
// do the work on the memory store, write JSON and headers.

#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <utility>

#include "core/http/api.hpp"
#include "tests/benchmarks/sale.hpp"

namespace stampede::benchmarks {

namespace {

// Nobody asks for statistics here.
class NoInstruments final : public telemetry::Instruments {
 public:
  telemetry::Load load() const override { return {}; }
  telemetry::Readings read(Span) const override { return {}; }
  void start_window() override {}
};

constexpr std::array<HttpHeader, 4> kHeaders{{{"Host", "127.0.0.1:8080"},
                                              {"Content-Type", "application/json"},
                                              {"Content-Length", "60"},
                                              {"X-Correlation-Id", "01234567-89ab-cdef"}}};

class Door {
 public:
  Door() : api_({sale_.pipeline(), sale_.store(), instruments_}, {.admin = false, .seed = 1}) {}

  // The response, as the server would send it; ends the process when its status is another.
  HttpResponse answer(std::string_view method, std::string_view path, std::string_view body,
                      int status) {
    const HttpRequest request{.method = method,
                              .path = path,
                              .query = {},
                              .headers = kHeaders,
                              .body = body,
                              .remote = "127.0.0.1:1",
                              .received = Clock::now()};
    Phases phases;
    Context context{request.received + std::chrono::seconds(30), phases};
    std::string made;
    const auto correlation = api_.correlation_of(request, made);
    const auto match = api_.match(request);
    auto response = http::respond(api_.answer(request, match, context, correlation), correlation,
                                  phases, {started_, request.received});
    if (response.status != status) give_up(std::string(path) + " answered " + response.body);
    return response;
  }

 private:
  Sale sale_{SaleOptions{}};
  NoInstruments instruments_;
  http::Api api_;
  const Clock::time_point started_ = Clock::now();
};

void place_order(benchmark::State& state) {
  Door door;
  Spread spread(0);
  std::string body;
  for ([[maybe_unused]] auto _ : state) {
    body = R"({"userId":)" + std::to_string(spread.next(kUsers)) + R"(,"items":[{"productId":)" +
           std::to_string(spread.next(kProducts)) + R"(,"quantity":1}]})";
    benchmark::DoNotOptimize(door.answer("POST", "/api/v1/orders", body, 201));
  }
}
BENCHMARK(place_order)->Name("http/place_order");

void get_product(benchmark::State& state) {
  Door door;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(door.answer("GET", "/api/v1/products/7", "", 200));
  }
}
BENCHMARK(get_product)->Name("http/get_product");

void refuse_body(benchmark::State& state) {
  Door door;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(door.answer("POST", "/api/v1/orders", R"({"userId":"x"})", 400));
  }
}
BENCHMARK(refuse_body)->Name("http/refuse_body");

}  // namespace

}  // namespace stampede::benchmarks
