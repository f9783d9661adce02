// What it costs to record one duration.

#include <benchmark/benchmark.h>

#include <array>
#include <random>

#include "core/api/histogram.hpp"

namespace stampede::benchmarks {

namespace {

void record(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latency(13, 1.5);  // Around 0.4 ms, with a long tail.
  std::array<std::chrono::nanoseconds, 4'096> values{};
  for (auto& value : values) value = std::chrono::nanoseconds(std::llround(latency(random)));
  Histogram histogram;
  std::size_t i = 0;
  for ([[maybe_unused]] auto _ : state) histogram.record(values[i++ % values.size()]);
  benchmark::DoNotOptimize(histogram.count());
}
BENCHMARK(record)->Name("histogram/record");

void quantile(benchmark::State& state) {
  Histogram histogram;
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latency(13, 1.5);
  for (int i = 0; i < 100'000; ++i) {
    histogram.record(std::chrono::nanoseconds(std::llround(latency(random))));
  }
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(histogram.quantile(0.95));
}
BENCHMARK(quantile)->Name("histogram/quantile");

}  // namespace

}  // namespace stampede::benchmarks
