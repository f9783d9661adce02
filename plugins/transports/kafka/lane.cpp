#include "plugins/transports/kafka/lane.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stampede::transports::kafka {

Lane::Lane(std::string topic, const BatchHandler& handler, const Options& options,
           Counters& counters)
    : topic_(std::move(topic)), handler_(handler), options_(options), counters_(counters) {}

void Lane::add(Event event, Origin origin) {
  if (events_.empty()) due_ = Clock::now() + options_.batch_wait;
  events_.push_back(std::move(event));
  origins_.push_back(origin);
}

Clock::time_point Lane::due() const {
  if (events_.empty()) return Clock::time_point::max();
  return is_full() && !is_held() ? Clock::time_point::min() : due_;
}

bool Lane::deliver() {
  const auto count = std::ssize(events_);
  if (is_held()) counters_.redelivered.fetch_add(count, std::memory_order_relaxed);
  bool taken = false;
  try {
    taken = handler_(events_, Clock::now() + options_.handler_timeout).has_value();
  } catch (...) {
    // Services tell their errors as values; a bug in one is met like an error.
    taken = false;
  }
  if (taken) {
    counters_.delivered.fetch_add(count, std::memory_order_relaxed);
    return true;
  }
  counters_.handler_errors.fetch_add(1, std::memory_order_relaxed);
  ++errors_;
  due_ = Clock::now() + backoff();
  return false;
}

// "Full jitter", so that those who failed together do not come back together (M. Brooker,
// "Exponential Backoff And Jitter", 2015).
std::chrono::nanoseconds Lane::backoff() {
  auto bound = options_.retry_base;
  for (int i = 1; i < errors_ && bound < options_.retry_max; ++i) bound *= 2;
  bound = std::min(bound, options_.retry_max);
  return std::chrono::nanoseconds(
      std::uniform_int_distribution<std::int64_t>(0, bound.count())(random_));
}

void Lane::clear() {
  events_.clear();
  origins_.clear();
  errors_ = 0;
}

void Lane::drop(std::int32_t partition) {
  std::vector<Event> events;
  std::vector<Origin> origins;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (origins_[i].partition == partition) continue;
    events.push_back(std::move(events_[i]));
    origins.push_back(origins_[i]);
  }
  events_ = std::move(events);
  origins_ = std::move(origins);
  if (events_.empty()) errors_ = 0;
}

}  // namespace stampede::transports::kafka
