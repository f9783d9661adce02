#include "experiments/check/transport_trial.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace stampede::check {

Listener::~Listener() {
  if (held_.use_count() == 1) return;
  std::cerr << "a transport that has not been destroyed, or leaks its handlers, holds a handler of "
               "a listener that ends\n";
  std::abort();
}

BatchHandler Listener::handler() {
  return [this, held = held_](std::span<const Event> events, Deadline deadline) {
    return handle(events, deadline);
  };
}

Result<void> Listener::handle(std::span<const Event> events, Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    ++calls_;
    largest_ = std::max(largest_, events.size());
    changed_.notify_all();
  }
  if (behaviour_) {
    if (auto done = behaviour_(events, deadline); !done) return done;
  }
  const std::lock_guard lock(mutex_);
  for (const auto& event : events) {
    taken_.push_back(event);
    ids_.insert(event.id);
  }
  changed_.notify_all();
  return {};
}

bool Listener::waits_until(const std::function<bool(const Listener&)>& condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return condition(*this); });
}

bool Listener::has_taken(std::size_t count) {
  return waits_until([count](const Listener& listener) { return listener.ids().size() >= count; });
}

bool Listener::comes_to(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, 2 * kBrief, [&] { return ids_.size() >= count; });
}

std::vector<std::string> Listener::order_of(const std::string& key) const {
  std::vector<std::string> order;
  std::set<std::string> seen;
  for (const auto& event : taken_) {
    if (event.key == key && seen.insert(event.id).second) order.push_back(event.id);
  }
  return order;
}

void Barrier::open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
  changed_.notify_all();
}

void Barrier::pass() {
  std::unique_lock lock(mutex_);
  ++came_;
  changed_.notify_all();
  changed_.wait_for(lock, 2 * kPatience, [this] { return is_open_; });
}

bool Barrier::is_waited_at() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [this] { return came_ > 0; });
}

std::vector<Event> numbered_events(std::string_view topic, int first, int count, int keys) {
  std::vector<Event> events;
  for (int i = first; i < first + count; ++i) {
    auto number = std::to_string(i);
    number.insert(0, number.size() < 6 ? 6 - number.size() : 0, '0');  // Sorts as it counts.
    events.push_back({.id = number,
                      .topic = std::string(topic),
                      .key = "key-" + std::to_string(i % keys),
                      .payload = R"({"number":)" + std::to_string(i) + "}",
                      .correlation = "correlation-" + number});
  }
  return events;
}

bool subscribe(Findings& findings, Transport& transport, std::string_view topic,
               std::string_view service, Listener& listener) {
  const auto done = transport.subscribe(topic, service, listener.handler());
  findings.expect(done.has_value(), "subscribe() failed: " + (done ? "" : done.error().message));
  return done.has_value();
}

bool start(Findings& findings, Transport& transport) {
  const auto done = transport.start();
  findings.expect(done.has_value(), "start() failed: " + (done ? "" : done.error().message));
  return done.has_value();
}

bool publish(Findings& findings, Transport& transport, const std::vector<Event>& events) {
  const auto done = transport.publish(events, soon());
  findings.expect(done.has_value(), "publish() failed: " + (done ? "" : done.error().message));
  return done.has_value();
}

}  // namespace stampede::check
