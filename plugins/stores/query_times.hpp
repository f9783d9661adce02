// Counts and times the named queries of all connections. Every run is counted; the first one and
// then every eighth of each query and connection is timed, so that the clock is not what is
// measured. Safe for concurrent use.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/api/histogram.hpp"
#include "core/api/store.hpp"
#include "plugins/stores/named_text.hpp"

namespace stampede::stores {

// How often one connection ran each query. Written by the thread that has the connection, read by
// any.
class QueryCounts {
 public:
  explicit QueryCounts(std::size_t queries) : counts_(queries) {}

  // Answers whether this run is one to time.
  bool count(std::size_t query) {
    auto& counter = counts_[query];
    const auto before = counter.load(std::memory_order_relaxed);
    counter.store(before + 1, std::memory_order_relaxed);  // One writer: no atomic increment.
    return before % 8 == 0;
  }
  std::int64_t operator[](std::size_t query) const {
    return counts_[query].load(std::memory_order_relaxed);
  }

 private:
  std::vector<std::atomic<std::int64_t>> counts_;
};

class QueryTimes {
 public:
  // The queries have static lifetime; they are told apart by their position.
  explicit QueryTimes(std::span<const NamedText> queries);

  // Counts for one more connection, which outlive it.
  std::shared_ptr<QueryCounts> add_connection();
  // Keeps what the connection counted and lets go of its counts.
  void retire(const std::shared_ptr<QueryCounts>& counts);

  void record(std::size_t query, std::chrono::nanoseconds spent);

  // Of the queries that were run at least once.
  std::vector<QueryStats> stats() const;

 private:
  struct Timed {
    std::mutex mutex;
    std::unique_ptr<Histogram> histogram;  // Made with the first run: most are never run.
  };

  const std::span<const NamedText> queries_;
  mutable std::mutex connections_mutex_;
  std::vector<std::shared_ptr<QueryCounts>> connections_;
  std::vector<std::int64_t> retired_;
  mutable std::vector<Timed> timed_;
};

}  // namespace stampede::stores
