// Every event reaches each service that subscribed to its topic, whole, in the order of its key,
// and again until it was handled.

#include <algorithm>
#include <atomic>
#include <thread>

#include "experiments/check/transport_checks.hpp"
#include "experiments/check/transport_trial.hpp"

namespace stampede::check {
namespace {

constexpr std::string_view kFlowers = kTopics[0];
constexpr std::string_view kFruit = kTopics[1];

bool is_same(const Event& left, const Event& right) {
  return left.id == right.id && left.topic == right.topic && left.key == right.key &&
         left.payload == right.payload && left.correlation == right.correlation;
}

Findings each_subscribed_service_gets_every_event(const Subject& subject) {
  Findings findings;
  Listener garden;
  Listener kitchen_flowers;
  Listener kitchen_fruit;
  const auto transport = subject.make_transport("each");
  if (!subscribe(findings, *transport, kFlowers, "garden", garden) ||
      !subscribe(findings, *transport, kFlowers, "kitchen", kitchen_flowers) ||
      !subscribe(findings, *transport, kFruit, "kitchen", kitchen_fruit) ||
      !start(findings, *transport)) {
    return findings;
  }
  // One call may carry several topics.
  auto events = numbered_events(kFlowers, 0, 10, 4);
  std::ranges::copy(numbered_events(kFruit, 10, 5, 2), std::back_inserter(events));
  if (!publish(findings, *transport, events)) return findings;
  findings.expect(garden.has_taken(10), "the first service did not get every event");
  findings.expect(kitchen_flowers.has_taken(10), "the second service did not get every event");
  findings.expect(kitchen_fruit.has_taken(5), "the other topic did not arrive");
  transport->stop();
  findings.expect(garden.ids().size() == 10, "the first service got events of another topic");
  return findings;
}

Findings an_event_arrives_as_it_was_published(const Subject& subject) {
  Findings findings;
  Listener listener;
  const auto transport = subject.make_transport("whole");
  if (!subscribe(findings, *transport, kFlowers, "garden", listener) ||
      !start(findings, *transport)) {
    return findings;
  }
  const std::vector<Event> events{
      {"one", std::string(kFlowers), "a key", R"({"text":"\n \"ü\" 꽃"})", "correlation 1"},
      {"two", std::string(kFlowers), "", "{}", ""},
      {"three", std::string(kFlowers), "k", std::string(200'000, 'x'), "c"},
      {"four", std::string(kFlowers), std::string("\0\xff", 2), std::string("\0\n\0", 3), "\t"}};
  if (!publish(findings, *transport, events)) return findings;
  findings.expect(listener.has_taken(events.size()), "not every event arrived");
  transport->stop();
  for (const auto& event : events) {
    findings.expect(std::ranges::any_of(listener.taken(),
                                        [&](const Event& taken) { return is_same(taken, event); }),
                    "the event \"" + event.id + "\" changed on its way");
  }
  return findings;
}

Findings events_of_a_key_stay_in_order(const Subject& subject) {
  Findings findings;
  Listener listener;
  const auto transport = subject.make_transport("order");
  if (!subscribe(findings, *transport, kFlowers, "garden", listener) ||
      !start(findings, *transport)) {
    return findings;
  }
  constexpr int kKeys = 7;
  constexpr int kEvents = 700;
  for (int first = 0; first < kEvents; first += 35) {
    if (!publish(findings, *transport, numbered_events(kFlowers, first, 35, kKeys))) {
      return findings;
    }
  }
  findings.expect(listener.has_taken(kEvents), "not every event arrived");
  transport->stop();
  for (int key = 0; key < kKeys; ++key) {
    const auto order = listener.order_of("key-" + std::to_string(key));
    findings.expect(std::ranges::is_sorted(order),
                    "events of key " + std::to_string(key) + " came out of order");
  }
  return findings;
}

// Publishes again what a synchronous transport could not hand over; the others see to it.
void publish_until_taken(Transport& transport, const std::vector<Event>& events) {
  for (int i = 0; i < 10 && !transport.publish(events, soon()); ++i) continue;
}

Findings an_event_comes_again_until_it_is_handled(const Subject& subject) {
  Findings findings;
  std::atomic<int> failures = 3;
  Listener listener([&](std::span<const Event>, Deadline) -> Result<void> {
    if (failures.fetch_sub(1) > 0) return fail(ErrorCode::kUnavailable, "not now");
    return {};
  });
  const auto transport = subject.make_transport("again");
  if (!subscribe(findings, *transport, kFlowers, "garden", listener) ||
      !start(findings, *transport)) {
    return findings;
  }
  publish_until_taken(*transport, numbered_events(kFlowers, 0, 20, 1));
  findings.expect(listener.has_taken(20), "an event that was not handled did not come again");
  transport->stop();
  findings.expect(std::ranges::is_sorted(listener.order_of("key-0")),
                  "later events overtook those that were not handled");
  if (!transport->synchronous()) {
    findings.expect(transport->stats().redelivered > 0, "stats() counted nothing as redelivered");
  }
  return findings;
}

Findings one_service_that_fails_leaves_the_others_alone(const Subject& subject) {
  Findings findings;
  Listener broken([](std::span<const Event>, Deadline) -> Result<void> {
    return fail(ErrorCode::kUnavailable, "never");
  });
  Listener sound;
  const auto transport = subject.make_transport("apart");
  if (transport->synchronous()) {
    findings.does_not_apply("its publish() stands or falls with all services");
    return findings;
  }
  if (!subscribe(findings, *transport, kFlowers, "broken", broken) ||
      !subscribe(findings, *transport, kFlowers, "sound", sound) ||
      !subscribe(findings, *transport, kFruit, "sound", sound) || !start(findings, *transport)) {
    return findings;
  }
  publish(findings, *transport, numbered_events(kFlowers, 0, 10, 3));
  findings.expect(
      broken.waits_until([](const Listener& listener) { return listener.calls() >= 3; }),
      "what was not handled did not come again");
  publish(findings, *transport, numbered_events(kFruit, 10, 10, 3));
  findings.expect(sound.has_taken(20), "another service's errors held up a sound one");
  transport->stop();
  findings.expect(broken.taken().empty(), "an event counted as handled after an error");
  return findings;
}

Findings events_that_nobody_wants_are_taken(const Subject& subject) {
  Findings findings;
  Listener listener;
  const auto transport = subject.make_transport("nobody");
  if (!subscribe(findings, *transport, kFlowers, "garden", listener) ||
      !start(findings, *transport)) {
    return findings;
  }
  publish(findings, *transport, numbered_events(kTopics[2], 0, 3));
  publish(findings, *transport, numbered_events(kFlowers, 3, 1));
  findings.expect(listener.has_taken(1), "an event did not arrive after some that nobody wants");
  transport->stop();
  findings.expect(listener.ids().size() == 1, "an event came to who had not subscribed to it");
  return findings;
}

Findings a_handler_gets_one_topic_at_a_time(const Subject& subject) {
  Findings findings;
  std::atomic<bool> mixed = false;
  const auto watch = [&](std::string_view topic) {
    return [&mixed, topic](std::span<const Event> events, Deadline deadline) -> Result<void> {
      const bool all =
          std::ranges::all_of(events, [topic](const Event& event) { return event.topic == topic; });
      if (!all || events.empty() || deadline <= Clock::now()) mixed = true;
      return {};
    };
  };
  Listener flowers(watch(kFlowers));
  Listener fruit(watch(kFruit));
  const auto transport = subject.make_transport("topics");
  if (!subscribe(findings, *transport, kFlowers, "garden", flowers) ||
      !subscribe(findings, *transport, kFruit, "garden", fruit) || !start(findings, *transport)) {
    return findings;
  }
  std::vector<Event> events;
  for (int i = 0; i < 100; ++i) {
    events.push_back(numbered_events(i % 2 == 0 ? kFlowers : kFruit, i, 1).front());
  }
  publish(findings, *transport, events);
  findings.expect(flowers.has_taken(50) && fruit.has_taken(50), "not every event arrived");
  transport->stop();
  findings.expect(!mixed,
                  "a handler got events of another topic, none at all, or a deadline in the past");
  return findings;
}

Findings many_publishers_at_once_lose_nothing(const Subject& subject) {
  Findings findings;
  Listener listener;
  const auto transport = subject.make_transport("many");
  if (!subscribe(findings, *transport, kFlowers, "garden", listener) ||
      !start(findings, *transport)) {
    return findings;
  }
  constexpr int kPublishers = 8;
  constexpr int kEach = 60;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> publishers;
  for (int publisher = 0; publisher < kPublishers; ++publisher) {
    publishers.emplace_back([&, publisher] {
      for (int i = 0; i < kEach; i += 3) {
        auto events = numbered_events(kFlowers, publisher * kEach + i, 3);
        for (auto& event : events) event.key = "publisher-" + std::to_string(publisher);
        if (!transport->publish(events, soon())) ++failed;
      }
    });
  }
  publishers.clear();
  findings.expect(failed == 0, std::to_string(failed) + " calls of publish() failed");
  findings.expect(listener.has_taken(std::size_t{kPublishers} * kEach), "not every event arrived");
  transport->stop();
  for (int publisher = 0; publisher < kPublishers; ++publisher) {
    const auto order = listener.order_of("publisher-" + std::to_string(publisher));
    findings.expect(order.size() == kEach && std::ranges::is_sorted(order),
                    "a publisher's events came out of order");
  }
  return findings;
}

}  // namespace

std::span<const Check> transport_delivery_checks() {
  static constexpr Check kChecks[] = {
      {"EachSubscribedServiceGetsEveryEvent", each_subscribed_service_gets_every_event},
      {"AnEventArrivesAsItWasPublished", an_event_arrives_as_it_was_published},
      {"EventsOfAKeyStayInOrder", events_of_a_key_stay_in_order},
      {"AnEventComesAgainUntilItIsHandled", an_event_comes_again_until_it_is_handled},
      {"OneServiceThatFailsLeavesTheOthersAlone", one_service_that_fails_leaves_the_others_alone},
      {"EventsThatNobodyWantsAreTaken", events_that_nobody_wants_are_taken},
      {"AHandlerGetsOneTopicAtATime", a_handler_gets_one_topic_at_a_time},
      {"ManyPublishersAtOnceLoseNothing", many_publishers_at_once_lose_nothing},
  };
  return kChecks;
}

}  // namespace stampede::check
