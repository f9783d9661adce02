// What passes through the generator: values, ledger entries, phases, and orders to stop.

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

TEST(LoadRun, JourneysPassCapturedValuesOnAndBreakOffWhereAStepFails) {
  const TestServer server([](const SeenRequest& request) {
    if (request.target == "/list") return TestReply{.body = R"({"items":[{"id":"a b"}]})"};
    if (request.target == "/item/a%20b") return TestReply{.status = 201, .body = R"({"n":7})"};
    if (request.target == "/done/7" && request.body == R"({"name":"a b"})") return TestReply{};
    return TestReply{.status = 500};
  });
  auto plan = iterations(server, ExecutorKind::kPerVuIterations, 2, 5);
  plan.journeys = {
      {"good",
       {{.name = "list", .path = "/list", .captures = {{"id", "/items/0/id"}}},
        {.name = "item", .path = "/item/{id}", .captures = {{"n", "n"}}, .expect = {201}},
        {.name = "done",
         .method = "POST",
         .path = "/done/{n}",
         .body = R"({"name":"{id}"})",
         .kind = OperationKind::kOther}}},
      {"bad",
       {{.name = "list", .path = "/list", .captures = {{"x", "absent"}}},
        {.name = "never", .path = "/never/{x}"}}}};
  plan.mix = {{"good", 1}};
  const auto good = must(run_load(plan));
  EXPECT_EQ(good.journeys[0].completed, 10U);
  EXPECT_EQ(good.overall.count(OutcomeKind::kSuccess), 30U);
  EXPECT_EQ(good.journeys[0].steps[2].measure.count(OutcomeKind::kSuccess), 10U);

  plan.mix = {{"bad", 1}};
  const auto bad = must(run_load(plan));
  EXPECT_EQ(bad.journeys[0].broken_off, 10U);
  EXPECT_EQ(bad.overall.count(OutcomeKind::kError), 10U);
  EXPECT_THAT(bad.faults, ElementsAre(Pair(HasSubstr("no \"absent\" in the answer of list"), 10)));
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.target.find("/never"), std::string::npos);
  }
}

// The server decides from the key what becomes of each order; the ledger must know it all.
TEST(LoadRun, TheLedgerHasEverySentWriteOnceAndAgreesWithTheServer) {
  const auto number_of = [](const SeenRequest& request) {
    return *config::parse_integer(std::string_view(request.key).substr(2));  // "t-17"
  };
  const auto order_of = [](std::int64_t n) {
    auto id = std::string("018f4c1e-7b2a-7cc3-98c4-dc0c0c000000");
    const auto digits = std::to_string(n);
    return id.replace(id.size() - digits.size(), digits.size(), digits);
  };
  const TestServer server([&](const SeenRequest& request) {
    const auto n = number_of(request);
    if (n % 7 == 1) return TestReply{.status = 409, .body = R"({"code":"INSUFFICIENT_STOCK"})"};
    if (n % 7 == 2) return TestReply{.status = 503, .body = R"({"code":"OVERLOADED"})"};
    if (n % 7 == 3) return TestReply{.hang_up = true, .silent = true};
    return TestReply{.status = 201,
                     .body = R"({"orderId":")" + order_of(n) + R"(","userId":1,"total":)" +
                             std::to_string(n * 10) + "}",
                     .headers = {{"X-Stampede-Received", std::to_string(n + 5)}}};
  });
  auto plan = iterations(server, ExecutorKind::kSharedIterations, 5, 700, "order");
  plan.drawn = plan.seeded = {.users = 100, .products = 9, .coupons = 1};
  plan.items = {1, 3};
  const auto result = must(run_load(plan));

  std::map<std::string, SeenRequest> seen;
  for (const auto& request : server.requests()) {
    EXPECT_TRUE(seen.emplace(request.key, request).second) << request.key << " was sent twice";
  }
  EXPECT_EQ(result.ledger.size(), 700U);
  EXPECT_EQ(seen.size(), 700U);
  result.ledger.for_each([&](const LedgerRecord& record) {
    const auto found = seen.find(result.ledger.key(record));
    ASSERT_NE(found, seen.end());
    EXPECT_EQ(result.ledger.request(record).body, found->second.body);
    const auto n = static_cast<std::int64_t>(record.sequence);
    if (n % 7 == 1) {
      EXPECT_EQ(record.outcome, LedgerOutcome::kRefused);
      EXPECT_EQ(result.ledger.code(record), "INSUFFICIENT_STOCK");
    } else if (n % 7 == 2 || n % 7 == 3) {
      EXPECT_EQ(record.outcome, LedgerOutcome::kUnknown);
    } else {
      EXPECT_EQ(record.outcome, LedgerOutcome::kAcknowledged);
      EXPECT_EQ(to_string(record.order), order_of(n));
      EXPECT_EQ(record.amount, Money{n * 10});
      EXPECT_EQ(record.received_us, n + 5);
    }
  });
  EXPECT_EQ(result.overall.count(OutcomeKind::kRefusal), 100U);
  EXPECT_EQ(result.overall.count(OutcomeKind::kError), 100U);
  EXPECT_EQ(result.overall.count(OutcomeKind::kReset), 100U);
  EXPECT_EQ(result.ledger_cost.records, 700U);
}

TEST(LoadRun, TheSameSeedSendsTheSameRequests) {
  const TestServer server(ok);
  auto plan = iterations(server, ExecutorKind::kSharedIterations, 1, 200, "order");
  plan.drawn = {.users = 1'000, .products = 50, .coupons = 1};
  must(run_load(plan));
  plan.vus = 6;  // How many users share them makes no difference.
  must(run_load(plan));
  std::multiset<std::string> first;
  std::multiset<std::string> second;
  const auto requests = server.requests();
  for (std::size_t i = 0; i < 200; ++i) first.insert(requests[i].body);
  for (std::size_t i = 200; i < 400; ++i) second.insert(requests[i].body);
  EXPECT_EQ(first, second);
}

TEST(LoadRun, ThinksBetweenIterations) {
  const TestServer server(ok);
  auto plan = iterations(server, ExecutorKind::kPerVuIterations, 1, 5);
  plan.think = {20ms, 40ms};
  const auto result = must(run_load(plan));
  EXPECT_GE(result.mean_think, 20ms);
  EXPECT_LE(result.mean_think, 40ms);
  EXPECT_GE(result.window, 80ms);  // Four pauses lie between five iterations.
}

TEST(LoadRun, ReadsThePhasesOfTheServer) {
  const TestServer server([](const SeenRequest&) {
    return TestReply{.headers = {{"Server-Timing", "lock;dur=2.5, store;dur=1"}}};
  });
  const auto result = must(run_load(iterations(server, ExecutorKind::kPerVuIterations, 1, 50)));
  ASSERT_EQ(result.phases.size(), 2U);
  EXPECT_EQ(result.phases[0].first, "lock");
  EXPECT_EQ(result.phases[0].second.count(), 50U);
  EXPECT_EQ(result.phases[0].second.max(), 2'500us);
}

TEST(LoadRun, AStopEndsItWithWhatItHasSoFar) {
  const TestServer server([](const SeenRequest&) { return TestReply{.delay = 1ms}; });
  auto plan = plan_for(server);
  plan.vus = 3;
  plan.think = {1h, 1h};  // Nobody waits for that.
  plan.duration = 24h;
  auto run = LoadRun::start(plan);
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_TRUE(server.wait_for_requests(3));
  (*run)->stop();
  const auto result = must((*run)->wait());
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.overall.sent(), 3U);
  EXPECT_LT(result.window, 1h);
}

TEST(LoadRun, AStopTokenStopsIdleUsersOfAnOpenLoadToo) {
  const TestServer server(ok);
  auto plan = plan_for(server);
  plan.executor = ExecutorKind::kConstantArrivalRate;
  plan.rate = 20;
  plan.duration = 24h;
  plan.pre_allocated_vus = 10;
  plan.max_vus = 10;
  std::stop_source source;
  std::thread stopper([&] {
    EXPECT_TRUE(server.wait_for_requests(2));
    source.request_stop();
  });
  const auto result = must(run_load(plan, source.get_token()));
  stopper.join();
  EXPECT_TRUE(result.stopped);
  EXPECT_GE(result.iterations, 2U);
}

TEST(LoadRun, CanBeAbandonedAtAnyMoment) {
  const TestServer server(ok);
  for (int i = 0; i < 5; ++i) {
    auto plan = plan_for(server);
    plan.vus = 4;
    plan.duration = 24h;
    const auto run = LoadRun::start(plan);
    ASSERT_TRUE(run);
    ASSERT_TRUE(server.wait_for_requests(static_cast<std::size_t>(i)));
  }
}

TEST(LoadRun, ShowsItsProgressWhileItRuns) {
  const TestServer server([](const SeenRequest&) { return TestReply{.delay = 1ms}; });
  auto plan = plan_for(server);
  plan.vus = 2;
  plan.duration = 24h;
  auto run = LoadRun::start(plan);
  ASSERT_TRUE(run);
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while ((*run)->progress().timeline.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  const auto progress = (*run)->progress();
  EXPECT_GT(progress.answered, 0U);
  EXPECT_EQ(progress.vus, 2);
  EXPECT_EQ(progress.planned, 24h);
  EXPECT_FALSE((*run)->finished());
  (*run)->stop();
  EXPECT_GE(must((*run)->wait()).overall.sent(), progress.successes);
  EXPECT_TRUE((*run)->finished());
}

TEST(LoadRun, AHostThatDoesNotAnswerIsRefusedBeforeAnything) {
  std::uint16_t port = 0;
  {
    const TestServer server(ok);
    port = server.port();
  }
  LoadPlan plan{.target = {.port = port}, .duration = 1s, .mix = {{"products", 1}}};
  auto run = LoadRun::start(plan);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(run.error().message, HasSubstr("cannot connect to 127.0.0.1:"));
  plan.target.host = "nowhere.invalid";
  run = LoadRun::start(plan);
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().message, HasSubstr("cannot resolve the host \"nowhere.invalid\""));
}

TEST(LoadRun, AServerThatGoesAwayIsCountedAndNotHammered) {
  auto server = std::make_unique<TestServer>(ok);
  auto plan = plan_for(*server, "issue");
  plan.vus = 2;
  plan.duration = 24h;
  auto run = LoadRun::start(plan);
  ASSERT_TRUE(run);
  ASSERT_TRUE(server->wait_for_requests(10));
  server.reset();
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while ((*run)->progress().errors < 4 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  (*run)->stop();
  const auto result = must((*run)->wait());
  EXPECT_GE(result.overall.count(OutcomeKind::kReset), 4U);
  EXPECT_GE(result.connections.failed, 2U);
  // What was never sent is not in the ledger: every record is of a request that had a connection.
  EXPECT_EQ(result.ledger.size() + result.connections.failed, result.overall.sent());
}

}  // namespace
}  // namespace stampede::load
