// Counts and times the named queries of all connections. Every run is counted; the first one and
// then every eighth of each query and connection is timed, so that the clock is not what is
// measured. Safe for concurrent use.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "core/api/histogram.hpp"
#include "core/api/store.hpp"
#include "plugins/stores/sqlite/queries.hpp"

namespace stampede::stores::sqlite {

// How often one connection ran each query. Written by the thread that has the connection, read by
// any.
class QueryCounts {
 public:
  // Answers whether this run is one to time.
  bool count(Query query) {
    auto& counter = counts_[static_cast<std::size_t>(query)];
    const auto before = counter.load(std::memory_order_relaxed);
    counter.store(before + 1, std::memory_order_relaxed);  // One writer: no atomic increment.
    return before % 8 == 0;
  }
  std::int64_t operator[](std::size_t query) const {
    return counts_[query].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::int64_t>, kQueryCount> counts_{};
};

class QueryTimes {
 public:
  // Counts for one more connection, which outlive it.
  std::shared_ptr<QueryCounts> add_connection();

  void record(Query query, std::chrono::nanoseconds spent);

  // Of the queries that were run at least once.
  std::vector<QueryStats> stats() const;

 private:
  struct Timed {
    std::mutex mutex;
    std::unique_ptr<Histogram> histogram;  // Made with the first run: most are never run.
  };

  mutable std::mutex connections_mutex_;
  std::vector<std::shared_ptr<QueryCounts>> connections_;
  mutable std::array<Timed, kQueryCount> timed_;
};

}  // namespace stampede::stores::sqlite
