#include "core/saga/outbox.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace stampede::saga {

// Events of one commit, on their way.
struct Outbox::Delivery {
  Outbox* outbox;
  std::vector<Event> events;
  Deadline deadline;
};

struct Outbox::Later::Queue {
  std::deque<Delivery> deliveries;
};

// The deliveries that this thread has begun, or has promised to whoever began.
thread_local std::deque<Outbox::Delivery>* Outbox::under_way = nullptr;

Outbox::Outbox(Parts parts)
    : transport_(parts.transport),
      journal_(parts.journal),
      service_(parts.service),
      direct_(parts.transport.synchronous()),
      relay_({.store = parts.store,
              .transport = parts.transport,
              .clock = parts.clock,
              .journal = parts.journal,
              .service = parts.service,
              .fresh = fresh_,
              .owner = std::move(parts.owner),
              .options = parts.options,
              .published = std::move(parts.published)}) {}

Outbox::Telling::~Telling() {
  for (const auto& id : held_) outbox_.fresh_.forget(id);
}

Result<void> Outbox::Telling::tell(Transaction& transaction, Event event) {
  if (outbox_.direct_) {
    if (std::ranges::find(held_, event.id) == held_.end()) {
      outbox_.fresh_.hold(event.id);
      held_.push_back(event.id);
    }
    events_.push_back(event);
  }
  return transaction.emit(std::move(event));
}

void Outbox::Telling::committed(Deadline deadline) {
  if (!outbox_.direct_) {
    outbox_.wake();
    return;
  }
  for (const auto& event : events_) std::erase(held_, event.id);  // Seen to from here on.
  if (!events_.empty()) outbox_.publish(std::move(events_), deadline);
  events_.clear();
}

void Outbox::publish(std::vector<Event> events, Deadline deadline) {
  Delivery delivery{this, std::move(events), deadline};
  if (under_way != nullptr) {
    under_way->push_back(std::move(delivery));
    return;
  }
  Later later;
  under_way->push_back(std::move(delivery));
}

// Within another one it does nothing: that one publishes.
Outbox::Later::Later() : queue_(under_way == nullptr ? std::make_unique<Queue>() : nullptr) {
  if (queue_) under_way = &queue_->deliveries;
}

Outbox::Later::~Later() {
  publish();
  if (queue_) under_way = nullptr;
}

void Outbox::Later::publish() {
  if (!queue_) return;
  for (auto& deliveries = queue_->deliveries; !deliveries.empty(); deliveries.pop_front()) {
    deliveries.front().outbox->publish_now(deliveries.front());
  }
}

void Outbox::publish_now(const Delivery& delivery) {
  const auto& events = delivery.events;
  if (const auto taken = transport_.publish(events, delivery.deadline); !taken) {
    journal_.fault(service_, "publishing left to the relay", taken.error());
    for (const auto& event : events) fresh_.forget(event.id);
    relay_.wake();
    return;
  }
  fresh_.done(events);
  journal_.published(service_, static_cast<std::int64_t>(events.size()));
}

}  // namespace stampede::saga
