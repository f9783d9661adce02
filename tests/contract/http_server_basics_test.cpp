// What a front door does for well-behaved clients.

#include <atomic>
#include <thread>

#include "tests/contract/http_server_contract.hpp"

namespace stampede::testing {
namespace {

TEST_P(HttpServerContract, EchoesEveryBodyToTheConnectionItCameFrom) {
  constexpr int kClients = 8;
  constexpr int kRequests = 250;
  start();
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      auto mine = client();
      std::mt19937 random(static_cast<unsigned>(i));
      for (int j = 0; j < kRequests; ++j) {
        auto body = std::string(random() % 3'000, 'a') + std::to_string(i * kRequests + j);
        mine.send(post("/echo", body));
        const auto response = mine.receive();
        if (response && response->status == 200 && response->body == body) ++good;
      }
    });
  }
  for (auto& thread : clients) thread.join();
  EXPECT_EQ(good, kClients * kRequests);
}

TEST_P(HttpServerContract, ShowsTheHandlerEveryPartOfTheRequest) {
  start();
  auto mine = client();
  mine.send(post("/describe?a=%41+1&b", "body", "x-TEST: \t a value \r\n"));
  const auto response = mine.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "POST|/describe|a=%41+1&b|a value|body|");
  mine.send("PURGE /describe HTTP/1.1\r\nHost: test\r\nX-Test:\r\n\r\n");
  EXPECT_EQ(mine.receive()->body, "PURGE|/describe||||") << "unusual methods pass";
}

TEST_P(HttpServerContract, SaysWhoAsksAndWhenTheRequestWasComplete) {
  start();
  auto mine = client();
  const auto before = std::chrono::steady_clock::now();
  mine.send(get("/park"));
  auto parked = application_.take_parked(1);
  ASSERT_EQ(parked.size(), 1U);
  const auto& request = parked[0].request;
  EXPECT_TRUE(request.remote.starts_with("127.0.0.1:")) << request.remote;
  EXPECT_GE(request.received, before);
  EXPECT_LE(request.received, std::chrono::steady_clock::now());
  parked[0].responder.send(text("done"));
  EXPECT_EQ(mine.receive()->body, "done");
}

TEST_P(HttpServerContract, JoinsAChunkedBodyHoweverItIsCut) {
  start();
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "3\r\nabc\r\n0A\r\n0123456789\r\n1\r\nz\r\n0\r\n\r\n";
  auto mine = client();
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    mine.send(head + body.substr(0, cut));
    mine.send(body.substr(cut));
    const auto response = mine.receive();
    ASSERT_TRUE(response) << "cut at " << cut;
    EXPECT_EQ(response->body, "abc0123456789z") << "cut at " << cut;
  }
}

TEST_P(HttpServerContract, UnderstandsARequestThatComesByteByByte) {
  start();
  auto mine = client();
  for (const char c : post("/echo", "drip") + get("/describe")) mine.send({&c, 1});
  EXPECT_EQ(mine.receive()->body, "drip");
  EXPECT_EQ(mine.receive()->body, "GET|/describe||||");
}

TEST_P(HttpServerContract, InvitesABodyThatWaitsForTheInvitation) {
  start();
  auto mine = client();
  mine.send(
      "POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  const auto interim = mine.receive_head();
  ASSERT_TRUE(interim);
  EXPECT_EQ(interim->status, 100);
  mine.send("xyz");
  EXPECT_EQ(mine.receive()->body, "xyz");
}

TEST_P(HttpServerContract, AnswersAClientThatHasClosedItsHalf) {
  start();
  auto mine = client();
  mine.send(get("/park"));
  mine.finish_sending();
  auto parked = application_.take_parked(1);
  ASSERT_EQ(parked.size(), 1U);
  parked[0].responder.send(text("still here"));
  const auto response = mine.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "still here");
  EXPECT_TRUE(mine.wait_closed());
}

TEST_P(HttpServerContract, AnswersHeadWithTheLengthButWithoutTheBody) {
  start();
  auto mine = client();
  mine.send("HEAD /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello");
  const auto head = mine.receive_head();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("Content-Length"), "5");
  mine.send(get("/"));
  EXPECT_EQ(mine.receive()->body, "ok") << "no body was in between";
}

TEST_P(HttpServerContract, SendsNoBodyAndNoLengthWith204) {
  start();
  auto mine = client();
  mine.send(get("/none"));
  const auto response = mine.receive_head();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 204);
  EXPECT_EQ(response->header("Content-Length"), "");
  mine.send(get("/"));
  EXPECT_EQ(mine.receive()->body, "ok");
}

TEST_P(HttpServerContract, LeavesOutAHeaderThatWouldSplitTheResponse) {
  start();
  auto mine = client();
  mine.send(get("/inject"));
  const auto response = mine.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header("X-Good"), "c");
  EXPECT_EQ(response->header("X-Split"), "");
}

TEST_P(HttpServerContract, KeepsOrClosesTheConnectionAsAsked) {
  struct Case {
    std::string request;
    bool keeps;
  };
  const std::vector<Case> cases{
      {get("/"), true},
      {get("/", "Connection: keep-alive\r\n"), true},
      {get("/", "Connection: close\r\n"), false},
      {get("/", "Connection: foo, CLOSE\r\n"), false},
      {get("/close"), false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
  };
  start();
  for (const auto& [request, keeps] : cases) {
    SCOPED_TRACE(request);
    auto mine = client();
    mine.send(request);
    const auto response = mine.receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->header("Connection"), keeps ? "keep-alive" : "close");
    if (keeps) {
      mine.send(get("/"));
      EXPECT_TRUE(mine.receive());
    } else {
      EXPECT_TRUE(mine.wait_closed());
    }
  }
}

TEST_P(HttpServerContract, CountsConnectionsAndMalformedRequests) {
  start();
  EXPECT_EQ(server_->stats().connections, 0);
  {
    auto a = client();
    auto b = client();
    a.send(get("/"));
    b.send("NONSENSE\r\n\r\n");
    EXPECT_EQ(a.receive()->status, 200);
    EXPECT_EQ(b.receive()->status, 400);
    EXPECT_GE(server_->stats().connections, 1);
  }
  EXPECT_TRUE(eventually([&] { return server_->stats().connections == 0; }));
  EXPECT_EQ(server_->stats().malformed, 1);
  EXPECT_EQ(server_->stats().refused, 0);
}

TEST_P(HttpServerContract, NamesTheBusyPortItCannotHave) {
  start();
  auto second = make_server();
  options_.port = server_->port();
  const auto started = second->start(options_, handler());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
  const auto& message = started.error().message;
  EXPECT_NE(message.find("127.0.0.1:" + std::to_string(options_.port)), message.npos) << message;
  EXPECT_NE(message.find("in use"), message.npos) << message;
  EXPECT_EQ(status_of(get("/")), 200) << "the first server is unharmed";
}

TEST_P(HttpServerContract, NamesTheAddressItCannotRead) {
  options_.address = "nowhere";
  const auto started = server_->start(options_, handler());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(started.error().message.find("nowhere:0"), std::string::npos)
      << started.error().message;
}

TEST_P(HttpServerContract, StartsOnceAndAgainAfterAStop) {
  start();
  const auto twice = server_->start(options_, handler());
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::kInvalid);
  server_->stop();
  server_->stop();
  start();
  EXPECT_EQ(status_of(get("/")), 200);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Frontends, HttpServerContract, ::testing::Values("pistache", "beast"),
                         [](const auto& plugin) { return plugin.param; });

}  // namespace stampede::testing
