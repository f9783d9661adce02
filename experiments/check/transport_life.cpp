// A transport keeps deadlines, tells how it stands, and ends in order.

#include <atomic>
#include <future>

#include "experiments/check/transport_checks.hpp"
#include "experiments/check/transport_trial.hpp"

namespace stampede::check {
namespace {

constexpr std::string_view kFlowers = kTopics[0];

Findings publish_keeps_its_deadline(const Subject& subject) {
  Findings findings;
  Listener listener;
  const auto transport = subject.make_transport("deadline");
  if (!subscribe(findings, *transport, kFlowers, "garden", listener) ||
      !start(findings, *transport)) {
    return findings;
  }
  const auto begun = Clock::now();
  const auto late =
      transport->publish(numbered_events(kFlowers, 0, 1), begun - std::chrono::milliseconds(1));
  findings.expect(!late && late.error().code == ErrorCode::kTimeout,
                  "publish() after the deadline should be a TIMEOUT");
  findings.expect(Clock::now() - begun < kPatience / 2, "publish() went on after its deadline");
  publish(findings, *transport, numbered_events(kFlowers, 1, 1));
  findings.expect(
      listener.waits_until([](const Listener& taken) { return taken.ids().contains("000001"); }),
      "an event did not arrive after a publish() that was too late");
  transport->stop();
  return findings;
}

std::int64_t lag_of(const TransportStats& stats, std::string_view service) {
  std::int64_t events = 0;
  for (const auto& lag : stats.lags) {
    if (lag.service == service && lag.topic == kFlowers) events += lag.events;
  }
  return events;
}

// Asks until it is so: figures may come a little later than the fact.
bool comes_to(const Transport& transport, const std::function<bool(const TransportStats&)>& fact) {
  const auto deadline = soon();
  while (!fact(transport.stats())) {
    if (Clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

Findings stats_tell_what_happened(const Subject& subject) {
  Findings findings;
  Listener listener;
  const auto transport = subject.make_transport("stats");
  if (!subscribe(findings, *transport, kFlowers, "garden", listener) ||
      !start(findings, *transport)) {
    return findings;
  }
  publish(findings, *transport, numbered_events(kFlowers, 0, 30, 3));
  findings.expect(listener.has_taken(30), "not every event arrived");
  findings.expect(comes_to(*transport,
                           [](const TransportStats& stats) {
                             return stats.published == 30 && stats.delivered == 30;
                           }),
                  "stats() should tell of 30 events published and delivered");
  findings.expect(
      comes_to(*transport,
               [](const TransportStats& stats) { return lag_of(stats, "garden") == 0; }),
      "everything is handled, but stats() tells of a lag");
  findings.expect(transport->stats().redelivered == 0, "nothing was delivered twice");
  transport->stop();
  return findings;
}

Findings lag_is_what_a_slow_service_has_not_handled(const Subject& subject) {
  Findings findings;
  Barrier barrier;
  Listener slow([&](std::span<const Event>, Deadline) -> Result<void> {
    barrier.pass();
    return {};
  });
  const auto transport = subject.make_transport("lag");
  if (transport->synchronous()) {
    findings.does_not_apply("its publish() returns when everything is handled");
    return findings;
  }
  if (!subscribe(findings, *transport, kFlowers, "garden", slow) || !start(findings, *transport)) {
    return findings;
  }
  publish(findings, *transport, numbered_events(kFlowers, 0, 10, 3));
  // Whoever waits for a drain must not be told of the moment before.
  findings.expect(lag_of(transport->stats(), "garden") > 0,
                  "events were published, but stats() tells of no lag");
  findings.expect(
      comes_to(*transport,
               [](const TransportStats& stats) { return lag_of(stats, "garden") == 10; }),
      "the lag should be 10 events");
  findings.expect(slow.waits_until([](const Listener& listener) { return listener.calls() > 0; }),
                  "nothing arrived");
  findings.expect(lag_of(transport->stats(), "garden") == 10,
                  "what a handler has not finished is part of the lag");
  barrier.open();
  findings.expect(slow.has_taken(10), "not every event arrived");
  findings.expect(
      comes_to(*transport,
               [](const TransportStats& stats) { return lag_of(stats, "garden") == 0; }),
      "everything is handled, but stats() tells of a lag");
  transport->stop();
  return findings;
}

Findings stop_finishes_what_is_under_way_and_begins_nothing(const Subject& subject) {
  Findings findings;
  Barrier barrier;
  std::atomic<int> running = 0;
  Listener listener([&](std::span<const Event>, Deadline) -> Result<void> {
    ++running;
    barrier.pass();
    --running;
    return {};
  });
  const auto transport = subject.make_transport("stop");
  if (!subscribe(findings, *transport, kFlowers, "garden", listener) ||
      !start(findings, *transport)) {
    return findings;
  }
  auto publishing = std::async(std::launch::async, [&] {
    return transport->publish(numbered_events(kFlowers, 0, 500, 5), soon());
  });
  findings.expect(barrier.is_waited_at(), "nothing arrived");
  auto stopping = std::async(std::launch::async, [&] { transport->stop(); });
  findings.expect(stopping.wait_for(kBrief) == std::future_status::timeout,
                  "stop() returned while a handler ran");
  barrier.open();
  stopping.get();
  findings.expect(running == 0, "stop() returned while a handler ran");
  const auto ignored = publishing.get();
  static_cast<void>(ignored);
  const auto calls = listener.calls();
  transport->stop();
  const auto refused = transport->publish(numbered_events(kFlowers, 500, 1), soon());
  static_cast<void>(refused);
  findings.expect(listener.calls() == calls, "a handler was called after stop()");
  return findings;
}

Findings a_transport_that_never_started_ends(const Subject& subject) {
  Findings findings;
  Listener listener;
  const auto transport = subject.make_transport("unborn");
  subscribe(findings, *transport, kFlowers, "garden", listener);
  findings.expect(transport->stats().delivered == 0, "nothing was delivered yet");
  transport->stop();
  transport->stop();
  return findings;
}

}  // namespace

std::span<const Check> transport_life_checks() {
  static constexpr Check kChecks[] = {
      {"PublishKeepsItsDeadline", publish_keeps_its_deadline},
      {"StatsTellWhatHappened", stats_tell_what_happened},
      {"LagIsWhatASlowServiceHasNotHandled", lag_is_what_a_slow_service_has_not_handled},
      {"StopFinishesWhatIsUnderWayAndBeginsNothing",
       stop_finishes_what_is_under_way_and_begins_nothing},
      {"ATransportThatNeverStartedEnds", a_transport_that_never_started_ends},
  };
  return kChecks;
}

}  // namespace stampede::check
