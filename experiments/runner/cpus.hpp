// Where the sides of a run are kept apart. Safe to call from any thread.

#pragma once

#include <sched.h>

#include <vector>

#include "experiments/plan/bench.hpp"

namespace stampede::runner {

// What is left open is filled in: the generator gets the last of the available processors for
// itself, where there are two, and the servers get the others; a side that is named leaves the rest
// to the other one. PostgreSQL and Redis run where the servers do. Lists stay empty, which is
// anywhere, where there is one processor only.
plan::Cpus place(const plan::Cpus& wanted);

// Keeps this thread, and the threads that it starts, on some processors while it lives.
class Pinned {
 public:
  explicit Pinned(const std::vector<int>& cpus);
  ~Pinned();
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  cpu_set_t before_{};
  bool pinned_ = false;
};

}  // namespace stampede::runner
