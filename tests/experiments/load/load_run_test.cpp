// The generator against a server that answers as it is told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "core/config/text.hpp"
#include "tests/experiments/load/load_run_support.hpp"

namespace stampede::load {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(LoadRun, PerVuIterationsAreDoneByEachUserOnItsOwnConnection) {
  const TestServer server(ok);
  const auto result = must(run_load(iterations(server, ExecutorKind::kPerVuIterations, 4, 25)));
  EXPECT_EQ(result.overall.count(OutcomeKind::kSuccess), 100U);
  EXPECT_EQ(result.overall.sent(), 100U);
  std::map<std::size_t, int> by_connection;
  for (const auto& request : server.requests()) ++by_connection[request.connection];
  by_connection.erase(0);  // The one that only asked whether anybody listens; it sent nothing.
  EXPECT_THAT(by_connection, ElementsAre(Pair(1, 25), Pair(2, 25), Pair(3, 25), Pair(4, 25)));
  EXPECT_EQ(result.connections.opened, 4U);
  EXPECT_EQ(result.connections.reused, 96U);
  EXPECT_FALSE(result.stopped);
}

TEST(LoadRun, SaysHowLongItWillTakeBeforeItHasSentAnything) {
  const TestServer server(ok);
  auto plan = plan_for(server);
  plan.warmup = 100ms;
  plan.duration = 200ms;
  const auto run = LoadRun::start(plan);
  ASSERT_TRUE(run);
  // Whoever watches must not take a load that has hardly begun for one that has reached its end.
  EXPECT_EQ((*run)->progress().planned, 300ms);
  (*run)->stop();
  EXPECT_TRUE((*run)->wait());
}

TEST(LoadRun, DealsConnectionsToAllInstancesInTurn) {
  const TestServer first(ok);
  const TestServer second(ok);
  const TestServer third(ok);
  auto plan = iterations(first, ExecutorKind::kPerVuIterations, 6, 5);
  plan.more_targets = {{.port = second.port()}, {.port = third.port()}};
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.overall.count(OutcomeKind::kSuccess), 30U);
  for (const auto* server : {&first, &second, &third}) {
    EXPECT_EQ(server->requests().size(), 10U);
    EXPECT_EQ(server->connections(), 3U);  // One of them only asked whether anybody listens.
  }
}

TEST(LoadRun, SendsEachRequestToAServerThatHostsItsService) {
  const TestServer orders(ok);
  const TestServer more_orders(ok);
  const TestServer users(ok);
  const TestServer more_users(ok);
  auto plan = iterations(orders, ExecutorKind::kPerVuIterations, 4, 5);
  plan.more_targets = {
      {.port = more_orders.port()}, {.port = users.port()}, {.port = more_users.port()}};
  plan.groups = 2;
  plan.group_of[saga::index_of(saga::Area::kUser)] = 1;
  plan.journeys = {{.name = "both",
                    .steps = {{.name = "balance", .path = "/api/v1/users/{user}/balance"},
                              {.name = "orders", .path = "/api/v1/orders?userId={user}"}}}};
  plan.mix = {{"both", 1}};
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.overall.count(OutcomeKind::kSuccess), 40U);
  for (const auto* server : {&orders, &more_orders}) {
    EXPECT_EQ(server->requests().size(), 10U) << "both instances have two users";
    for (const auto& request : server->requests()) {
      EXPECT_THAT(request.target, HasSubstr("/orders"));
    }
  }
  for (const auto* server : {&users, &more_users}) {
    EXPECT_EQ(server->requests().size(), 10U);
    for (const auto& request : server->requests()) {
      EXPECT_THAT(request.target, HasSubstr("/balance"));
    }
  }
  EXPECT_EQ(result.connections.opened, 8U) << "each user has one to each group";
}

// Idle users are taken last in, first out: without turns, one instance would get nearly everything.
TEST(LoadRun, SharesArrivalsAmongInstancesHoweverFewAreBusy) {
  const TestServer first(ok);
  const TestServer second(ok);
  auto plan = plan_for(first);
  plan.executor = ExecutorKind::kConstantArrivalRate;
  plan.rate = 200;
  plan.duration = 500ms;
  plan.pre_allocated_vus = 10;
  plan.max_vus = 10;
  plan.more_targets = {{.port = second.port()}};
  const auto result = must(run_load(plan));
  const auto all = static_cast<double>(result.overall.count(OutcomeKind::kSuccess));
  EXPECT_GE(all, 8);
  EXPECT_NEAR(static_cast<double>(first.requests().size()),
              static_cast<double>(second.requests().size()), 2 + all / 10);
}

TEST(LoadRun, NamesTheInstanceThatDoesNotAnswer) {
  const TestServer first(ok);
  auto plan = iterations(first, ExecutorKind::kPerVuIterations, 1, 1);
  plan.more_targets = {{.port = 1}};
  const auto result = run_load(plan);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("127.0.0.1:1"));
}

TEST(LoadRun, SharedIterationsAreDoneOnceInAll) {
  const TestServer server(ok);
  const auto result = must(run_load(iterations(server, ExecutorKind::kSharedIterations, 7, 100)));
  EXPECT_EQ(server.requests().size(), 100U);
  EXPECT_EQ(result.iterations, 100U);
  EXPECT_EQ(result.journeys[0].completed, 100U);
}

TEST(LoadRun, ConstantVusKeepThatManyRequestsOpen) {
  // Nobody is answered before five requests are there: with fewer users this would never be.
  std::atomic<int> held{0};
  const TestServer server([&held](const SeenRequest&) {
    return ++held <= 5 ? TestReply{.delay = 300ms} : TestReply{.delay = 1ms};
  });
  auto plan = plan_for(server);
  plan.vus = 5;
  plan.duration = 600ms;
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.connections.opened, 5U);
  EXPECT_NEAR(result.average_vus, 5, 0.1);
  EXPECT_NEAR(result.average_in_flight, 5, 1);
  EXPECT_GE(result.overall.count(OutcomeKind::kSuccess), 5U);
}

TEST(LoadRun, RampingVusFollowTheirStages) {
  const TestServer server([](const SeenRequest&) { return TestReply{.delay = 2ms}; });
  auto plan = plan_for(server);
  plan.executor = ExecutorKind::kRampingVus;
  plan.start = 1;
  plan.stages = {{400ms, 8}, {400ms, 0}};
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.connections.opened, 8U);
  // 1 to 8 to 0 in straight lines is 4 and a bit on average.
  EXPECT_GT(result.average_vus, 2.5);
  EXPECT_LT(result.average_vus, 5.5);
  EXPECT_EQ(result.window, 800ms);
}

TEST(LoadRun, AConstantArrivalRateSendsExactlyWhatItsScheduleHas) {
  const TestServer server(ok);
  auto plan = plan_for(server);
  plan.executor = ExecutorKind::kConstantArrivalRate;
  plan.rate = 200;
  plan.duration = 1s;
  plan.warmup = 500ms;
  plan.pre_allocated_vus = 10;
  plan.max_vus = 50;
  plan.backlog = 1'000;
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.iterations + result.generator.dropped, 300U);
  EXPECT_EQ(result.generator.lateness.count(), 200U);
  EXPECT_EQ(server.requests().size(), result.iterations);
  EXPECT_EQ(result.window, 1s);
}

TEST(LoadRun, ARampingArrivalRateSendsTheAreaUnderItsStages) {
  const TestServer server(ok);
  auto plan = plan_for(server);
  plan.executor = ExecutorKind::kRampingArrivalRate;
  plan.start = 0;
  plan.stages = {{500ms, 400}, {500ms, 0}};
  plan.pre_allocated_vus = 20;
  plan.max_vus = 20;
  plan.spin = 50us;
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.iterations + result.generator.dropped, 200U);
}

// A server that stands still for 200 ms delays everyone who comes meanwhile. Who measures from the
// moment of sending sees one slow request.
TEST(LoadRun, AStallShowsInLatencyFromTheIntendedTimeAndNotInServiceTime) {
  std::atomic<int> seen{0};
  const TestServer server(
      [&seen](const SeenRequest&) { return TestReply{.delay = ++seen == 100 ? 200ms : 0ms}; });
  auto plan = plan_for(server);
  plan.executor = ExecutorKind::kConstantArrivalRate;
  plan.rate = 250;
  plan.duration = 1s;
  plan.pre_allocated_vus = 1;
  plan.max_vus = 1;
  const auto result = must(run_load(plan));
  const auto slow = [](const Histogram& histogram) {
    std::uint64_t count = 0;
    histogram.for_each([&count](std::int64_t lowest, std::uint64_t n) {
      if (lowest >= 100'000'000) count += n;
    });
    return count;
  };
  // Arrivals of the stall's first half waited 100 ms or more: 25 of them.
  EXPECT_GE(slow(result.overall.latency), 15U);
  EXPECT_LE(slow(result.overall.service), 5U);
  EXPECT_GE(slow(result.overall.service), 1U);
  EXPECT_GT(result.generator.backlog_share, 0);
}

TEST(LoadRun, RequestsStillOpenAtTheEndAreWaitedForAndCounted) {
  const TestServer server([](const SeenRequest&) { return TestReply{.delay = 600ms}; });
  auto plan = plan_for(server, "issue");
  plan.vus = 3;
  plan.duration = 200ms;
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.overall.count(OutcomeKind::kSuccess), 3U);
  EXPECT_EQ(result.overall.sent(), 3U);
  EXPECT_EQ(result.overall.latency.count(), 3U);
  EXPECT_EQ(result.overall.answered, 0U);  // None came within the window: the rate is zero.
  ASSERT_EQ(result.ledger.size(), 3U);
  result.ledger.for_each(
      [](const LedgerRecord& record) { EXPECT_EQ(record.outcome, LedgerOutcome::kAcknowledged); });
}

TEST(LoadRun, RequestsThatOutliveTheGracefulStopAreGivenUpAndUnknown) {
  const TestServer server([](const SeenRequest&) { return TestReply{.silent = true}; });
  auto plan = plan_for(server, "issue");
  plan.vus = 3;
  plan.duration = 100ms;
  plan.graceful_stop = 100ms;
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.overall.count(OutcomeKind::kCensored), 3U);
  ASSERT_EQ(result.ledger.size(), 3U);
  result.ledger.for_each(
      [](const LedgerRecord& record) { EXPECT_EQ(record.outcome, LedgerOutcome::kUnknown); });
}

TEST(LoadRun, ArrivalsBeyondTheBacklogAreDroppedCountedAndMarkTheRun) {
  // Three users are held for most of the run; five arrivals may wait for them, and no more.
  std::atomic<int> seen{0};
  const TestServer server(
      [&seen](const SeenRequest&) { return TestReply{.delay = ++seen <= 3 ? 300ms : 0ms}; });
  auto plan = plan_for(server);
  plan.executor = ExecutorKind::kConstantArrivalRate;
  plan.rate = 100;
  plan.duration = 500ms;
  plan.pre_allocated_vus = 2;
  plan.max_vus = 3;
  plan.backlog = 5;
  const auto result = must(run_load(plan));
  EXPECT_EQ(server.requests().size(), result.iterations);
  EXPECT_EQ(result.iterations + result.generator.dropped, 50U);
  EXPECT_GE(result.generator.dropped, 15U);
  EXPECT_EQ(result.connections.opened, 3U);
  EXPECT_TRUE(result.generator.saturated);
}

TEST(LoadRun, ArrivalsThatStillWaitAtTheEndAreDroppedToo) {
  const TestServer server([](const SeenRequest&) { return TestReply{.silent = true}; });
  auto plan = plan_for(server);
  plan.executor = ExecutorKind::kConstantArrivalRate;
  plan.rate = 100;
  plan.duration = 300ms;
  plan.pre_allocated_vus = 3;
  plan.max_vus = 3;
  plan.graceful_stop = 50ms;
  const auto result = must(run_load(plan));
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(result.iterations, 3U);
  EXPECT_EQ(result.generator.dropped, 27U);
}

TEST(LoadRun, AServerThatClosesItsConnectionsIsConnectedToAgain) {
  std::atomic<int> count{0};
  const TestServer server(
      [&count](const SeenRequest&) { return TestReply{.close = ++count % 10 == 0}; });
  const auto result = must(run_load(iterations(server, ExecutorKind::kPerVuIterations, 1, 100)));
  EXPECT_EQ(result.overall.count(OutcomeKind::kSuccess), 100U);
  EXPECT_EQ(result.connections.opened, 10U);
  EXPECT_EQ(result.connections.reused, 90U);
}

TEST(LoadRun, AConnectionThatIsLostIsAResetAndTheNextRequestHasANewOne) {
  std::atomic<int> count{0};
  const TestServer server([&count](const SeenRequest&) {
    const bool lost = ++count % 5 == 0;
    return TestReply{.hang_up = lost, .silent = lost};
  });
  const auto result =
      must(run_load(iterations(server, ExecutorKind::kPerVuIterations, 1, 50, "issue")));
  EXPECT_EQ(result.overall.count(OutcomeKind::kReset), 10U);
  EXPECT_EQ(result.overall.count(OutcomeKind::kSuccess), 40U);
  EXPECT_THAT(result.faults, ElementsAre(Pair(HasSubstr("End of file"), 10)));
  std::size_t unknown = 0;
  result.ledger.for_each([&unknown](const LedgerRecord& record) {
    unknown += record.outcome == LedgerOutcome::kUnknown ? 1U : 0U;
  });
  EXPECT_EQ(unknown, 10U);
}

TEST(LoadRun, ASilentServerIsATimeout) {
  const TestServer server([](const SeenRequest&) { return TestReply{.silent = true}; });
  auto plan = iterations(server, ExecutorKind::kPerVuIterations, 2, 2, "issue");
  plan.timeout = 60ms;
  const auto result = must(run_load(plan));
  EXPECT_EQ(result.overall.count(OutcomeKind::kTimeout), 4U);
  EXPECT_GE(result.overall.latency.min(), 60ms);
  EXPECT_THAT(result.faults, ElementsAre(Pair("no answer within 60ms", 4)));
  EXPECT_EQ(result.ledger.size(), 4U);
}

TEST(LoadRun, AnAnswerThatIsNoHttpIsAnErrorAndClosesTheConnection) {
  const TestServer server([](const SeenRequest&) { return TestReply{.raw = "what?\r\n\r\n"}; });
  const auto result = must(run_load(iterations(server, ExecutorKind::kPerVuIterations, 1, 3)));
  EXPECT_EQ(result.overall.count(OutcomeKind::kError), 3U);
  EXPECT_EQ(result.connections.opened, 3U);
  EXPECT_THAT(result.faults, ElementsAre(Pair(HasSubstr("unreadable answer"), 3)));
}

TEST(LoadRun, ChunkedAndLongAnswersAreReadWhole) {
  const std::string big(300'000, 'x');
  std::atomic<int> count{0};
  const TestServer server([&](const SeenRequest&) {
    return ++count % 2 == 0 ? TestReply{.body = big}
                            : TestReply{.raw =
                                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                            "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"};
  });
  const auto result = must(run_load(iterations(server, ExecutorKind::kPerVuIterations, 1, 20)));
  EXPECT_EQ(result.overall.count(OutcomeKind::kSuccess), 20U);
  EXPECT_EQ(result.connections.opened, 1U);
}

}  // namespace
}  // namespace stampede::load
