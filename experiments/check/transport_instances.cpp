// Instances of one service share its events, wherever they run, and take over from each other.

#include <chrono>
#include <memory>
#include <thread>

#include "experiments/check/transport_checks.hpp"
#include "experiments/check/transport_trial.hpp"

namespace stampede::check {
namespace {

constexpr std::string_view kFlowers = kTopics[0];

bool applies(Findings& findings, const Subject& subject) {
  if (!subject.instances_share) findings.does_not_apply("its instances share no events");
  return subject.instances_share;
}

std::unique_ptr<Transport> running(Findings& findings, const Subject& subject,
                                   const std::string& realm, Listener* listener) {
  auto transport = subject.make_transport(realm);
  if (listener != nullptr && !subscribe(findings, *transport, kFlowers, "garden", *listener)) {
    return nullptr;
  }
  if (!start(findings, *transport)) return nullptr;
  return transport;
}

std::size_t size_of_union(const Listener& first, const Listener& second) {
  auto all = first.ids();
  all.insert(second.ids().begin(), second.ids().end());
  return all.size();
}

Findings two_instances_of_a_service_share_its_events(const Subject& subject) {
  Findings findings;
  if (!applies(findings, subject)) return findings;
  Listener left;
  Listener right;
  const auto first = running(findings, subject, "share", &left);
  const auto second = running(findings, subject, "share", &right);
  if (!first || !second) return findings;
  // Until both have some: the second gets its part when the first has given it up, which takes a
  // session or two when the group forms badly on a busy machine.
  constexpr std::chrono::seconds kSessions{60};
  int published = 0;
  const auto deadline = Clock::now() + kSessions;
  while ((!left.comes_to(1) || !right.comes_to(1)) && Clock::now() < deadline) {
    if (!publish(findings, *first, numbered_events(kFlowers, published, 30, 30))) return findings;
    published += 30;
  }
  findings.expect(Clock::now() < deadline, "one instance got everything");
  const auto all = static_cast<std::size_t>(published);
  // The two may have some in common, where the one took over from the other.
  const auto handled = [&] { return first->stats().delivered + second->stats().delivered; };
  const auto lag = [&] {
    std::int64_t events = 0;
    for (const auto& of_topic : first->stats().lags) events += of_topic.events;
    return events;
  };
  while ((handled() < published || lag() > 0) && Clock::now() < deadline) {
    std::this_thread::yield();
  }
  first->stop();
  second->stop();
  findings.expect(size_of_union(left, right) == all,
                  std::to_string(all - size_of_union(left, right)) + " events were lost");
  return findings;
}

Findings an_instance_that_ends_leaves_its_events_to_the_other(const Subject& subject) {
  Findings findings;
  if (!applies(findings, subject)) return findings;
  Listener left;
  Listener right;
  const auto first = running(findings, subject, "takeover", &left);
  const auto second = running(findings, subject, "takeover", &right);
  if (!first || !second) return findings;
  publish(findings, *first, numbered_events(kFlowers, 0, 60, 30));
  first->stop();
  publish(findings, *second, numbered_events(kFlowers, 60, 60, 30));
  const auto handled_before = left.ids().size();
  findings.expect(right.has_taken(120 - handled_before),
                  "the other instance did not take over everything");
  second->stop();
  findings.expect(size_of_union(left, right) == 120, "events were lost");
  for (const auto& event : right.taken()) {
    findings.expect(!left.ids().contains(event.id),
                    "the event " + event.id + " was handled before the handover, and again");
  }
  return findings;
}

Findings a_restarted_instance_goes_on_where_it_was(const Subject& subject) {
  Findings findings;
  if (!applies(findings, subject)) return findings;
  Listener before;
  Listener after;
  auto transport = running(findings, subject, "restart", &before);
  if (!transport) return findings;
  publish(findings, *transport, numbered_events(kFlowers, 0, 40, 5));
  findings.expect(before.has_taken(40), "not every event arrived");
  transport->stop();
  transport.reset();

  const auto publisher = running(findings, subject, "restart", nullptr);
  if (!publisher) return findings;
  publish(findings, *publisher, numbered_events(kFlowers, 40, 40, 5));
  transport = running(findings, subject, "restart", &after);
  if (!transport) return findings;
  findings.expect(after.has_taken(40), "what was published meanwhile did not arrive");
  transport->stop();
  for (const auto& event : after.taken()) {
    findings.expect(event.id >= "000040", "the event " + event.id + " came again after a restart");
  }
  return findings;
}

Findings what_was_not_handled_comes_to_the_next_instance(const Subject& subject) {
  Findings findings;
  if (!applies(findings, subject)) return findings;
  Listener broken([](std::span<const Event>, Deadline) -> Result<void> {
    return fail(ErrorCode::kUnavailable, "never");
  });
  Listener sound;
  auto transport = running(findings, subject, "unhandled", &broken);
  if (!transport) return findings;
  publish(findings, *transport, numbered_events(kFlowers, 0, 20, 3));
  findings.expect(broken.waits_until([](const Listener& listener) { return listener.calls() > 1; }),
                  "what was not handled did not come again");
  transport->stop();
  transport.reset();
  transport = running(findings, subject, "unhandled", &sound);
  if (!transport) return findings;
  findings.expect(sound.has_taken(20), "what was not handled is lost");
  transport->stop();
  return findings;
}

Findings who_comes_first_gets_what_was_published_before(const Subject& subject) {
  Findings findings;
  if (!applies(findings, subject)) return findings;
  const auto publisher = running(findings, subject, "early", nullptr);
  if (!publisher) return findings;
  publish(findings, *publisher, numbered_events(kFlowers, 0, 10, 3));
  Listener listener;
  const auto transport = running(findings, subject, "early", &listener);
  if (!transport) return findings;
  findings.expect(listener.has_taken(10), "what was published before is lost");
  transport->stop();
  return findings;
}

}  // namespace

std::span<const Check> transport_instance_checks() {
  static constexpr Check kChecks[] = {
      {"TwoInstancesOfAServiceShareItsEvents", two_instances_of_a_service_share_its_events},
      {"AnInstanceThatEndsLeavesItsEventsToTheOther",
       an_instance_that_ends_leaves_its_events_to_the_other},
      {"ARestartedInstanceGoesOnWhereItWas", a_restarted_instance_goes_on_where_it_was},
      {"WhatWasNotHandledComesToTheNextInstance", what_was_not_handled_comes_to_the_next_instance},
      {"WhoComesFirstGetsWhatWasPublishedBefore", who_comes_first_gets_what_was_published_before},
  };
  return kChecks;
}

}  // namespace stampede::check
