// The micro-benchmarks: what single parts cost. Takes Google Benchmark's options, for example
// --benchmark_filter=lock/ --benchmark_min_time=0.5.

#include <benchmark/benchmark.h>

#include "tests/benchmarks/registration.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  stampede::benchmarks::add_lock_benchmarks();
  stampede::benchmarks::add_order_benchmarks();
  stampede::benchmarks::add_saga_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
