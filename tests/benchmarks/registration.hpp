// The benchmarks whose names are known only when the program runs. Called once each, from main.

#pragma once

namespace stampede::benchmarks {

// One for each lock strategy that the catalog has: one that is dropped into the folder is measured
// with the others.
void add_lock_benchmarks();

void add_order_benchmarks();
void add_saga_benchmarks();

}  // namespace stampede::benchmarks
