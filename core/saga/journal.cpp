#include "core/saga/journal.hpp"

#include <utility>

#include "core/saga/events.hpp"

namespace stampede::saga {

using telemetry::LogLevel;

Journal::Journal(telemetry::Log& log, std::vector<std::string> services) : log_(log) {
  for (auto& name : services) {
    telemetry::ServiceCounts counts;
    counts.service = std::move(name);
    counts_.push_back(std::move(counts));
  }
}

void Journal::handled(Index service, const Handled& line) {
  {
    const std::lock_guard lock(mutex_);
    ++(line.duplicate ? counts_[service].duplicates : counts_[service].handled);
  }
  log_.saga({.correlation = line.event.correlation,
             .service = counts_[service].service,
             .topic = line.event.topic,
             .order = line.order,
             .note = line.duplicate ? "handled before" : line.note,
             .took = line.took});
}

void Journal::retried(Index service, const Event& event, const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_[service].retries;
  }
  // Conflicts are everyday; anything else is worth a line.
  if (error.code == ErrorCode::kConflict) return;
  log_.event(LogLevel::kWarn, "saga retry",
             {{"correlation", event.correlation},
              {"service", counts_[service].service},
              {"topic", event.topic},
              {"id", event.id},
              {"code", to_string(error.code)},
              {"message", error.message}});
}

void Journal::dead_letter(Index service, const Event& event, const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_[service].dead_letters;
    counts_[service].last_dead_letter = event.topic + " " + event.id + ": " +
                                        std::string(to_string(error.code)) + ": " + error.message;
  }
  log_.event(LogLevel::kError, "saga dead letter",
             {{"correlation", event.correlation},
              {"service", counts_[service].service},
              {"topic", event.topic},
              {"id", event.id},
              {"code", to_string(error.code)},
              {"message", error.message}});
}

void Journal::published(Index service, std::int64_t count) {
  const std::lock_guard lock(mutex_);
  counts_[service].published += count;
}

void Journal::publish_took(std::chrono::nanoseconds took) {
  const std::lock_guard lock(mutex_);
  window_.publish.record(took);
}

void Journal::coupon_marked(std::chrono::nanoseconds took) {
  const std::lock_guard lock(mutex_);
  window_.coupon_marked.record(took);
}

void Journal::order_final(const Order& order, std::chrono::nanoseconds took) {
  const std::lock_guard lock(mutex_);
  window_.order_final.record(took);
  ++(order.status == Order::Status::kCompleted ? completed_ : failed_);
  if (order.failure == kSagaTimeout) ++timed_out_;
}

void Journal::order_accepted(const Order& order, std::string_view correlation) {
  const auto id = to_string(order.id);
  log_.saga({.correlation = correlation,
             .service = "order",
             .topic = "POST /orders",
             .order = id,
             .note = "PENDING",
             .took = std::chrono::nanoseconds(0)});
}

void Journal::fault(Index service, std::string_view what, const Error& error) {
  log_.event(LogLevel::kWarn, what,
             {{"service", counts_[service].service},
              {"code", to_string(error.code)},
              {"message", error.message}});
}

void Journal::Timings::merge(const Timings& other) {
  order_final.merge(other.order_final);
  coupon_marked.merge(other.coupon_marked);
  publish.merge(other.publish);
}

telemetry::SagaReadings Journal::read(bool window) const {
  const std::lock_guard lock(mutex_);
  auto timings = window_;
  if (!window) timings.merge(past_);
  return {.order_final = std::move(timings.order_final),
          .coupon_marked = std::move(timings.coupon_marked),
          .publish = std::move(timings.publish),
          .completed = completed_,
          .failed = failed_,
          .timed_out = timed_out_,
          .services = counts_,
          .transport = {}};
}

std::int64_t Journal::events() const {
  const std::lock_guard lock(mutex_);
  std::int64_t sum = 0;
  for (const auto& counts : counts_) {
    sum += counts.handled + counts.duplicates + counts.dead_letters + counts.published;
  }
  return sum;
}

void Journal::start_window() {
  const std::lock_guard lock(mutex_);
  past_.merge(window_);
  window_ = {};
}

}  // namespace stampede::saga
