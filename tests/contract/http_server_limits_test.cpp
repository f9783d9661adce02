// Slow clients, too many clients, no descriptors left, and the end of the server's life.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "tests/contract/http_server_contract.hpp"

namespace stampede::testing {
namespace {

using Clock = std::chrono::steady_clock;

class HttpServerLimits : public HttpServerContract {
 protected:
  bool becomes_empty() {
    return eventually([&] { return server_->stats().connections == 0; });
  }
};

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

TEST_P(HttpServerLimits, StalledReadersOfBigAnswersDelayNobody) {
  constexpr std::size_t kBytes = 10'000'000;
  options_.io_threads = 1;
  start();
  std::vector<RawClient> stalled;
  for (int i = 0; i < 4; ++i) {
    stalled.emplace_back(server_->port(), RawClient::Options{.receive_buffer = 4'096});
    stalled.back().send(get("/size?" + std::to_string(kBytes)));
  }
  auto quick = client();
  for (int i = 0; i < 300; ++i) {
    quick.send(get("/"));
    ASSERT_TRUE(quick.receive()) << i;
  }
  for (auto& one : stalled) {
    const auto response = one.receive(60s);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body.size(), kBytes);
  }
}

TEST_P(HttpServerLimits, GivesUpOnAReaderThatMakesNoProgress) {
  options_.request_timeout = 300ms;
  start();
  RawClient stalled(server_->port(), {.receive_buffer = 4'096});
  stalled.send(get("/size?10000000"));
  ASSERT_TRUE(eventually([&] { return server_->stats().connections == 1; }));
  EXPECT_TRUE(becomes_empty());
}

// Sends a byte whenever nothing comes back, until the server has had enough.
void drip_until_closed(RawClient& client) {
  const auto deadline = Clock::now() + RawClient::kPatience;
  while (!client.wait_closed(30ms) && Clock::now() < deadline) client.send("a");
}

TEST_P(HttpServerLimits, ARequestThatDripsEndsAtItsDeadlineHoweverOftenItDrips) {
  options_.request_timeout = 400ms;
  for (const auto* beginning :
       {"POST /echo HTTP/1.1\r\nHost: test\r\nX-",
        "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5000\r\n\r\nabc"}) {
    start();
    const auto since = Clock::now();
    auto mine = client();
    mine.send(beginning);
    drip_until_closed(mine);
    const auto waited = Clock::now() - since;
    EXPECT_GE(waited, options_.request_timeout);
    EXPECT_LT(waited, 15s);
    EXPECT_TRUE(mine.input().empty() || mine.input().starts_with("HTTP/1.1 408 ")) << mine.input();
    server_->stop();
  }
}

TEST_P(HttpServerLimits, ClosesIdleConnectionsButNotThoseThatAwaitAnAnswer) {
  options_.keep_alive_timeout = 200ms;
  options_.request_timeout = 200ms;
  start();
  auto waiting = client();
  waiting.send(get("/park"));
  auto parked = application_.take_parked(1);
  ASSERT_EQ(parked.size(), 1U);
  const auto since = Clock::now();
  auto idle = client();
  idle.send(get("/"));
  ASSERT_TRUE(idle.receive());
  auto silent = client();
  EXPECT_TRUE(idle.wait_closed());
  EXPECT_TRUE(silent.wait_closed()) << "one that never said anything";
  EXPECT_GE(Clock::now() - since, options_.keep_alive_timeout);
  parked[0].responder.send(text("worth waiting for"));
  EXPECT_EQ(waiting.receive()->body, "worth waiting for");
}

TEST_P(HttpServerLimits, TurnsAwayConnectionsOverTheCapAndSaysSo) {
  options_.max_connections = 4;
  start();
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < options_.max_connections; ++i) {
    clients.push_back(client());
    clients.back().send(get("/"));
    ASSERT_EQ(clients.back().receive()->status, 200);
  }
  auto excess = client();
  excess.send(get("/"));
  const auto response = excess.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_NE(response->header("Retry-After"), "");
  EXPECT_NE(response->body.find(R"("code":"OVERLOADED")"), std::string::npos) << response->body;
  EXPECT_TRUE(excess.wait_closed());
  EXPECT_EQ(server_->stats().refused, 1);
  excess.close();
  clients.pop_back();
  ASSERT_TRUE(eventually([&] { return server_->stats().connections == 3; }));
  EXPECT_EQ(status_of(get("/")), 200) << "a place is free again";
  clients.front().send(get("/"));
  EXPECT_TRUE(clients.front().receive()) << "those inside are unharmed";
}

TEST_P(HttpServerLimits, TurnsAwayACrowdWithoutHoldingItsDescriptors) {
  options_.max_connections = 1;
  start();
  auto inside = client();
  inside.send(get("/"));
  ASSERT_TRUE(inside.receive());
  std::vector<RawClient> crowd;
  for (int i = 0; i < 300; ++i) crowd.push_back(client());
  for (auto& one : crowd) EXPECT_TRUE(one.wait_closed());
  EXPECT_EQ(server_->stats().refused, 300);
  crowd.clear();
  EXPECT_TRUE(eventually([&] { return server_->stats().connections == 1; }));
}

// Whether accepting fails as it does without a descriptor left, and how often it was tried since.
std::atomic<bool> accepting_fails{false};
std::atomic<int> failed_accepts{0};

template <typename... Arguments>
int accept_or_fail(const char* function, Arguments... arguments) {
  if (accepting_fails) {
    ++failed_accepts;
    errno = EMFILE;
    return -1;
  }
  using Function = int (*)(Arguments...);
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, function))(arguments...);
}

// While this lives, the process cannot open one more descriptor.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(lowest_free);
    auto limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_P(HttpServerLimits, TriesAgainAfterAPauseWhenItCannotAccept) {
  start();
  auto inside = client();
  inside.send(get("/"));
  ASSERT_TRUE(inside.receive());
  failed_accepts = 0;
  accepting_fails = true;
  const auto since = Clock::now();
  auto outside = client();
  outside.send(get("/"));
  EXPECT_TRUE(eventually([] { return failed_accepts >= 5; })) << "it tries again";
  inside.send(get("/"));
  EXPECT_TRUE(inside.receive()) << "those inside are served all the same";
  const auto tries = failed_accepts.exchange(0);
  EXPECT_LT(tries, 5 + (Clock::now() - since) / 5ms) << "it spins on what it cannot accept";
  accepting_fails = false;
  EXPECT_TRUE(outside.receive());
}

TEST_P(HttpServerLimits, SurvivesRunningOutOfDescriptorsAndServesAgain) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "without a free descriptor UBSan cannot check types, and reports good ones";
#endif
  start();
  auto inside = client();
  inside.send(get("/"));
  ASSERT_TRUE(inside.receive());
  std::vector<RawClient> outside(5);
  {
    const NoDescriptorsLeft limit;
    for (auto& one : outside) {
      ASSERT_TRUE(one.connect(server_->port()));  // With the kernel, which queues them.
      one.send(get("/"));
    }
    EXPECT_FALSE(outside.front().receive(100ms)) << "there is no descriptor for it";
    inside.send(get("/"));
    EXPECT_TRUE(inside.receive()) << "those inside are served all the same";
  }
  for (auto& one : outside) EXPECT_TRUE(one.receive());
}

TEST_P(HttpServerLimits, GivesBackTheDescriptorsOfConnectionsThatLeave) {
  start();
  ASSERT_EQ(status_of(get("/")), 200);
  ASSERT_TRUE(becomes_empty());
  const auto before = open_descriptors();
  for (int round = 0; round < 3; ++round) {
    std::vector<RawClient> clients;
    for (int i = 0; i < 200; ++i) {
      clients.push_back(client());
      clients.back().send(get("/"));
    }
    for (auto& one : clients) ASSERT_TRUE(one.receive());
    clients.clear();
    ASSERT_TRUE(becomes_empty());
    EXPECT_EQ(open_descriptors(), before);
  }
}

// One per I/O thread may be lost, no more: Pistache does not close an eventfd of its reactor.
TEST_P(HttpServerLimits, GivesBackTheDescriptorsOfAServerThatStopped) {
  const auto before = open_descriptors();
  for (int i = 0; i < 5; ++i) {
    start();
    EXPECT_EQ(status_of(get("/")), 200);
    server_->stop();
  }
  EXPECT_LE(open_descriptors(), before + 5 * std::ptrdiff_t{options_.io_threads});
}

TEST_P(HttpServerLimits, StopAnswersAllThatIsInFlightAndRefusesTheRest) {
  start();
  auto idle = client();
  idle.send(get("/"));
  ASSERT_TRUE(idle.receive());
  std::vector<RawClient> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(client());
    clients.back().send(post("/park", std::to_string(i)));
  }
  auto parked = application_.take_parked(64);
  ASSERT_EQ(parked.size(), 64U);
  std::jthread stopping([&] { server_->stop(); });
  EXPECT_TRUE(idle.wait_closed()) << "it has nothing to wait for";
  EXPECT_TRUE(eventually([&] { return !RawClient().connect(server_->port()); }));
  for (auto& one : parked) one.responder.send(text(std::string(one.request.body)));
  for (int i = 0; i < 64; ++i) {
    const auto response = clients[i].receive();
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->body, std::to_string(i));
    EXPECT_EQ(response->header("Connection"), "close");
    EXPECT_TRUE(clients[i].wait_closed());
    clients[i].close();
  }
  stopping.join();
  EXPECT_EQ(server_->stats().connections, 0);
}

TEST_P(HttpServerLimits, StopDoesNotWaitForAHandlerThatNeverAnswers) {
  options_.drain_timeout = 300ms;
  start();
  auto mine = client();
  mine.send(get("/park"));
  auto parked = application_.take_parked(1);
  ASSERT_EQ(parked.size(), 1U);
  const auto since = Clock::now();
  server_->stop();
  EXPECT_GE(Clock::now() - since, 300ms) << "it was given its time";
  EXPECT_LT(Clock::now() - since, 10s);
  EXPECT_TRUE(mine.wait_closed());
  EXPECT_EQ(server_->stats().connections, 0);
}

INSTANTIATE_TEST_SUITE_P(Frontends, HttpServerLimits, ::testing::Values("pistache", "beast"),
                         [](const auto& plugin) { return plugin.param; });

}  // namespace
}  // namespace stampede::testing

// Stand before the system's own, for this program and the plugins that it opens.
extern "C" int accept(int socket, sockaddr* address, socklen_t* size) {
  return stampede::testing::accept_or_fail("accept", socket, address, size);
}
extern "C" int accept4(int socket, sockaddr* address, socklen_t* size, int flags) {
  return stampede::testing::accept_or_fail("accept4", socket, address, size, flags);
}
