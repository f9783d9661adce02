#include "core/server/chaos.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <utility>

namespace stampede::server {

namespace {

constexpr std::size_t kRemembered = 32;  // Events that may come again later.

bool draw(std::mt19937_64& random, double share) {
  return static_cast<double>(random() >> 11U) * 0x1.0p-53 < share;
}

}  // namespace

std::vector<Event> change_places(std::span<const Event> events, std::mt19937_64& random) {
  using Line = std::pair<std::string_view, std::string_view>;  // What stays in order.
  std::map<Line, std::deque<const Event*>> lines;
  for (const auto& event : events) lines[{event.topic, event.key}].push_back(&event);
  std::vector<std::size_t> places(events.size());
  std::iota(places.begin(), places.end(), 0);
  std::ranges::shuffle(places, random);
  // A place goes to a line, and the line sends whoever is first in it.
  std::vector<Event> changed;
  changed.reserve(events.size());
  for (const auto place : places) {
    auto& line = lines[{events[place].topic, events[place].key}];
    changed.push_back(*line.front());
    line.pop_front();
  }
  return changed;
}

// What one service gets of one topic.
class ChaosTransport::Subscription {
 public:
  Subscription(BatchHandler handler, const ChaosOptions& options, std::uint64_t seed,
               Counters& counters)
      : handler_(std::move(handler)), options_(options), counters_(counters), random_(seed) {}

  // An error of what comes again is an error like any other: the transport delivers again.
  Result<void> deliver(std::span<const Event> events, Deadline deadline) {
    const auto intent = decide(events);
    if (options_.handler_delay.count() > 0) {
      const auto wait = options_.handler_delay * static_cast<std::int64_t>(events.size());
      std::this_thread::sleep_until(std::min<Deadline>(deadline, Clock::now() + wait));
    }
    if (auto again = repeat(intent.earlier, deadline); !again) return again;
    if (auto handled = handler_(intent.events, deadline); !handled) return handled;
    remember(events);
    if (!intent.twice) return {};
    return repeat(intent.events, deadline);
  }

 private:
  struct Intent {
    std::vector<Event> earlier;  // Come again before.
    std::vector<Event> events;
    bool twice = false;
  };

  Intent decide(std::span<const Event> events) {
    const std::lock_guard lock(mutex_);
    Intent intent;
    if (draw(random_, options_.reorder)) {
      intent.events = change_places(events, random_);
      counters_.reordered.fetch_add(1, std::memory_order_relaxed);
    } else {
      intent.events.assign(events.begin(), events.end());
    }
    intent.twice = draw(random_, options_.duplicate);
    // As after a consumer that could not say how far it got: from some point on, all over again.
    if (draw(random_, options_.duplicate) && !history_.empty()) {
      const auto from = history_.begin() + static_cast<std::ptrdiff_t>(random_() % history_.size());
      intent.earlier.assign(from, history_.end());
    }
    return intent;
  }

  Result<void> repeat(std::span<const Event> events, Deadline deadline) {
    if (events.empty()) return {};
    counters_.duplicated.fetch_add(std::ssize(events), std::memory_order_relaxed);
    return handler_(events, deadline);
  }

  void remember(std::span<const Event> events) {
    const std::lock_guard lock(mutex_);
    history_.insert(history_.end(), events.begin(), events.end());
    while (history_.size() > kRemembered) history_.pop_front();
  }

  const BatchHandler handler_;
  const ChaosOptions& options_;
  Counters& counters_;
  std::mutex mutex_;
  std::mt19937_64 random_;     // These are guarded by the mutex.
  std::deque<Event> history_;  // Handled, the newest last.
};

ChaosTransport::ChaosTransport(std::unique_ptr<Transport> inner, const ChaosOptions& options,
                               std::uint64_t seed)
    : options_(options), seed_(seed), random_(seed), inner_(std::move(inner)) {}

ChaosTransport::~ChaosTransport() { ChaosTransport::stop(); }

Result<void> ChaosTransport::subscribe(std::string_view topic, std::string_view service,
                                       BatchHandler handler) {
  const auto own_seed =
      seed_ + std::hash<std::string_view>()(topic) + 31 * std::hash<std::string_view>()(service);
  auto subscription =
      std::make_shared<Subscription>(std::move(handler), options_, own_seed, counters_);
  return inner_->subscribe(topic, service,
                           [subscription](std::span<const Event> events, Deadline deadline) {
                             return subscription->deliver(events, deadline);
                           });
}

Result<void> ChaosTransport::publish(std::span<const Event> events, Deadline deadline) {
  std::vector<Event> changed;
  {
    const std::lock_guard lock(mutex_);
    if (events.size() > 1 && draw(random_, options_.reorder)) {
      changed = change_places(events, random_);
      counters_.reordered.fetch_add(1, std::memory_order_relaxed);
    }
  }
  return inner_->publish(changed.empty() ? events : changed, deadline);
}

TransportStats ChaosTransport::stats() const {
  auto stats = inner_->stats();
  stats.gauges.emplace_back("chaos_duplicated", static_cast<double>(counters_.duplicated));
  stats.gauges.emplace_back("chaos_reordered", static_cast<double>(counters_.reordered));
  return stats;
}

}  // namespace stampede::server
