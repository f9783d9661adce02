#include "plugins/stores/query_times.hpp"

namespace stampede::stores {

QueryTimes::QueryTimes(std::span<const NamedText> queries)
    : queries_(queries), retired_(queries.size()), timed_(queries.size()) {}

std::shared_ptr<QueryCounts> QueryTimes::add_connection() {
  const std::lock_guard guard(connections_mutex_);
  return connections_.emplace_back(std::make_shared<QueryCounts>(queries_.size()));
}

void QueryTimes::retire(const std::shared_ptr<QueryCounts>& counts) {
  const std::lock_guard guard(connections_mutex_);
  for (std::size_t i = 0; i < queries_.size(); ++i) retired_[i] += (*counts)[i];
  std::erase(connections_, counts);
}

void QueryTimes::record(std::size_t query, std::chrono::nanoseconds spent) {
  auto& timed = timed_[query];
  const std::lock_guard guard(timed.mutex);
  if (!timed.histogram) timed.histogram = std::make_unique<Histogram>();
  timed.histogram->record(spent);
}

std::vector<QueryStats> QueryTimes::stats() const {
  std::vector<QueryStats> all;
  const std::lock_guard connections_guard(connections_mutex_);
  for (std::size_t i = 0; i < queries_.size(); ++i) {
    QueryStats query{.name = queries_[i].name, .count = retired_[i]};
    for (const auto& counts : connections_) query.count += (*counts)[i];
    if (query.count == 0) continue;
    const std::lock_guard guard(timed_[i].mutex);
    if (const auto& histogram = timed_[i].histogram) {
      query.mean = histogram->mean();
      query.p95 = histogram->quantile(0.95);
    }
    all.push_back(std::move(query));
  }
  return all;
}

}  // namespace stampede::stores
