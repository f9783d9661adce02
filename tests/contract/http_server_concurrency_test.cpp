// Many clients, answers from other threads, clients that leave: every answer reaches the one it is
// for, and nobody else.

#include <atomic>
#include <thread>

#include "tests/contract/http_server_contract.hpp"

namespace stampede::testing {
namespace {

class HttpServerConcurrency : public HttpServerContract {};

// Counts what one visitor after the other saw.
struct Tally {
  std::atomic<int> good{0};
  std::atomic<int> crossed{0};
  std::atomic<int> lost{0};
  std::atomic<int> vanished{0};
};

// Leaves in the middle of a request, in one of several ways.
void vanish(RawClient& client, const std::string& request, std::mt19937& random) {
  switch (random() % 6) {
    case 0:
      client.send(request.substr(0, request.size() / 3));
      break;
    case 1:
      client.send(request.substr(0, request.size() - 2));
      break;
    case 2:
      client.send("GARBAGE x\r\n\r\n");
      break;
    case 3:
      client.send(post("/echo", "z", "Content-Length: 9\r\n"));
      break;
    default:
      client.send(request);
  }
  if (random() % 2 == 0) client.reset();
}

// One connection with up to twelve requests; in 7 of 100 the client vanishes instead.
void visit(RawClient client, const std::string& name, std::mt19937& random, Tally& tally) {
  for (int i = 0; i < 12; ++i) {
    const auto nonce = name + '-' + std::to_string(i);
    const auto request = post("/worker/" + nonce, "b" + nonce, "X-Nonce: h" + nonce + "\r\n");
    if (random() % 100 < 7) {
      ++tally.vanished;
      return vanish(client, request, random);
    }
    client.send(request);
    const auto response = client.receive();
    if (!response || response->status != 200) {
      ++tally.lost;
      return;
    }
    const bool mine = response->body == "/worker/" + nonce + "|b" + nonce + "|h" + nonce;
    ++(mine && client.input().empty() ? tally.good : tally.crossed);
  }
}

TEST_P(HttpServerConcurrency, NeverCrossesAnswersWhileClientsVanish) {
  constexpr int kClients = 16;
  constexpr int kGoal = 20'000;
  start();
  Tally tally;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      std::mt19937 random(static_cast<unsigned>(i));
      for (int n = 0; tally.good < kGoal && tally.crossed + tally.lost < 10; ++n) {
        visit(client(), std::to_string(i) + '-' + std::to_string(n), random, tally);
      }
    });
  }
  for (auto& thread : clients) thread.join();
  EXPECT_EQ(tally.crossed, 0);
  EXPECT_EQ(tally.lost, 0);
  EXPECT_GE(tally.good, kGoal);
  EXPECT_GT(tally.vanished, kGoal / 30);
  EXPECT_TRUE(eventually([&] { return server_->stats().connections == 0; }));
}

TEST_P(HttpServerConcurrency, AnswersEveryRequestOfABurst) {
  constexpr int kClients = 150;
  start();
  for (int round = 0; round < 4; ++round) {
    std::vector<RawClient> clients;
    for (int i = 0; i < kClients; ++i) clients.push_back(client());
    for (int i = 0; i < kClients; ++i) clients[i].send(post("/worker", std::to_string(i)));
    for (int i = 0; i < kClients; ++i) {
      const auto response = clients[i].receive();
      ASSERT_TRUE(response) << "client " << i << " of round " << round;
      EXPECT_EQ(response->body, "/worker|" + std::to_string(i) + "|");
    }
  }
}

TEST_P(HttpServerConcurrency, AnswersPipelinedRequestsInOrderOneAtATime) {
  constexpr int kRequests = 2'000;
  start();
  auto mine = client();
  std::string requests;
  for (int i = 0; i < kRequests; ++i) {
    requests += post(i % 2 == 0 ? "/worker" : "/echo", std::to_string(i) + std::string(100, 'p'));
  }
  std::jthread sender([&] { mine.send(requests); });
  for (int i = 0; i < kRequests; ++i) {
    const auto response = mine.receive();
    ASSERT_TRUE(response) << "request " << i;
    const auto body = std::to_string(i) + std::string(100, 'p');
    ASSERT_EQ(response->body, i % 2 == 0 ? "/worker|" + body + "|" : body);
  }
  sender.join();
  EXPECT_EQ(application_.most_at_once(), 1);
  EXPECT_FALSE(application_.handled_by_worker()) << "requests are for I/O threads to hand over";
}

TEST_P(HttpServerConcurrency, SurvivesADeepPipelineAnsweredAtOnce) {
  constexpr int kRequests = 20'000;
  start();
  auto mine = client();
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += get("/");
  std::jthread sender([&] { mine.send(requests); });
  int answered = 0;
  while (answered < kRequests && mine.receive()) ++answered;
  sender.join();
  EXPECT_EQ(answered, kRequests);
}

TEST_P(HttpServerConcurrency, ServesWhatWasPipelinedBehindAHeldAnswer) {
  start();
  auto mine = client();
  mine.send(get("/park") + get("/park2") + get("/"));
  mine.finish_sending();
  for (int i = 0; i < 2; ++i) {
    auto parked = application_.take_parked(1);
    ASSERT_EQ(parked.size(), 1U);
    std::thread([&] { parked[0].responder.send(text(std::to_string(i))); }).join();
    EXPECT_EQ(mine.receive()->body, std::to_string(i));
  }
  EXPECT_EQ(mine.receive()->body, "ok");
  EXPECT_TRUE(mine.wait_closed());
}

// The end of the input and an answer from another thread meet, in either order.
TEST_P(HttpServerConcurrency, LosesNoPipelinedRequestWhenTheClientClosesItsHalf) {
  start();
  for (int round = 0; round < 300; ++round) {
    auto mine = client();
    mine.send(get("/park") + get("/worker") + get("/"));
    auto parked = application_.take_parked(1);
    ASSERT_EQ(parked.size(), 1U);
    std::atomic<bool> go{false};
    std::jthread answering([&] {
      while (!go) continue;
      parked[0].responder.send(text("first"));
    });
    go = true;
    mine.finish_sending();
    answering.join();
    for (const auto* body : {"first", "/worker||", "ok"}) {
      const auto response = mine.receive();
      ASSERT_TRUE(response) << body << " in round " << round;
      EXPECT_EQ(response->body, body);
    }
    EXPECT_TRUE(mine.wait_closed());
  }
}

TEST_P(HttpServerConcurrency, Answers500ForAThrowOrADroppedResponder) {
  start();
  auto mine = client();
  for (const auto* path : {"/throw", "/drop"}) {
    mine.send(get(path));
    const auto response = mine.receive();
    ASSERT_TRUE(response) << path;
    EXPECT_EQ(response->status, 500) << path;
    EXPECT_EQ(response->header("Content-Type"), "application/problem+json") << path;
  }
  mine.send(get("/park"));
  application_.take_parked(1).clear();
  EXPECT_EQ(mine.receive()->status, 500) << "dropped by another thread";
  mine.send(get("/"));
  EXPECT_EQ(mine.receive()->status, 200) << "the connection is still good";
}

TEST_P(HttpServerConcurrency, KeepsTheRequestReadableAfterItsClientHasLeft) {
  start();
  auto leaving = client();
  leaving.send(post("/park/here?q", std::string(5'000, 'b'), "X-Test: value\r\n") + get("/"));
  auto parked = application_.take_parked(1);
  ASSERT_EQ(parked.size(), 1U);
  leaving.reset();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(status_of(post("/echo", std::string(9'000, 'o'))), 200);
  EXPECT_EQ(Application::describe(parked[0].request),
            "POST|/park/here|q|value|" + std::string(5'000, 'b') + "|");
  parked[0].responder.send(text("to nobody"));
  EXPECT_TRUE(eventually([&] { return server_->stats().connections == 0; }));
}

TEST_P(HttpServerConcurrency, LetsAResponderOutliveTheServer) {
  options_.drain_timeout = 50ms;
  start();
  auto mine = client();
  mine.send(post("/park", "kept"));
  auto parked = application_.take_parked(1);
  ASSERT_EQ(parked.size(), 1U);
  server_.reset();
  EXPECT_TRUE(mine.wait_closed());
  EXPECT_EQ(mine.input(), "");
  EXPECT_EQ(parked[0].request.body, "kept");
  parked[0].responder.send(text("too late"));
}

TEST_P(HttpServerConcurrency, SurvivesAnswersThatRaceWithStop) {
  for (int round = 0; round < 10; ++round) {
    options_.drain_timeout = std::chrono::milliseconds(round % 2);
    start();
    std::vector<RawClient> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(client());
      clients.back().send(get("/park"));
    }
    auto parked = application_.take_parked(8);
    std::jthread answering([&] {
      for (auto& one : parked) one.responder.send(text("raced"));
    });
    server_->stop();
    answering.join();
    for (auto& one : clients) EXPECT_TRUE(one.wait_closed());
  }
}

INSTANTIATE_TEST_SUITE_P(Frontends, HttpServerConcurrency, ::testing::Values("pistache", "beast"),
                         [](const auto& plugin) { return plugin.param; });

}  // namespace
}  // namespace stampede::testing
