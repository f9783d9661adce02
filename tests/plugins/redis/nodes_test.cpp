// Asking several servers at once: who is waited for, and that no reply is taken for another's.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <thread>

#include "plugins/redis/nodes.hpp"
#include "tests/support/redis_nodes.hpp"

namespace stampede::redis {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto kTimeout = 200ms;
// Only bounds how long something broken can hang a test.
constexpr auto kPatience = 20s;

Deadline soon() { return Clock::now() + kPatience; }

bool all_answered(Answers answers) {
  return std::ranges::all_of(answers,
                             [](const Answer& answer) { return answer.reply.has_value(); });
}

std::size_t answered(Answers answers) {
  return static_cast<std::size_t>(std::ranges::count_if(
      answers, [](const Answer& answer) { return answer.reply.has_value(); }));
}

const Script kEcho("return ARGV[1]");

class RedisNodesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = test::RedisNodes::missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
  }

  // Starts servers and a client of them.
  void start(int count, std::chrono::nanoseconds timeout = kTimeout) {
    servers_ = std::make_unique<test::RedisNodes>(count);
    connect(servers_->urls(), timeout);
  }
  void connect(const std::string& urls, std::chrono::nanoseconds timeout = kTimeout) {
    nodes_ = std::make_unique<Nodes>(parse_addresses(urls).value(), timeout,
                                     std::array<const Script*, 1>{&kEcho});
  }

  // Everybody answers this.
  void expect_echo(Nodes::Session& session, const std::string& word) {
    for (const auto& answer : session.ask({"ECHO", word}, soon(), all_answered)) {
      ASSERT_TRUE(answer.reply) << answer.fault;
      EXPECT_EQ(answer.reply->text, word);
    }
  }

  std::unique_ptr<test::RedisNodes> servers_;
  std::unique_ptr<Nodes> nodes_;
};

TEST_F(RedisNodesTest, AreAllAskedAtOnceAndTheMajorityIsMoreThanHalf) {
  start(4);
  EXPECT_EQ(nodes_->majority(), 3U);
  auto session = nodes_->borrow();
  expect_echo(session, "one");
  expect_echo(session, "two");
}

TEST_F(RedisNodesTest, ThatStandStillAreNotWaitedForOnceEnoughHaveAnswered) {
  start(5, kPatience);
  auto session = nodes_->borrow();
  expect_echo(session, "before");
  servers_->freeze(0);
  servers_->freeze(3);
  const auto started = Clock::now();
  const auto answers =
      session.ask({"ECHO", "now"}, soon(), [](Answers heard) { return answered(heard) >= 3; });
  EXPECT_EQ(answered(answers), 3U);
  EXPECT_LT(Clock::now() - started, kPatience / 2);
  EXPECT_THAT(nodes_->faults(answers), HasSubstr(servers_->url(0) + ": no answer within"));
}

TEST_F(RedisNodesTest, ThatWereSlowOnceAreNotWaitedForAgainWhileTheOthersAreAMajority) {
  start(3);
  auto session = nodes_->borrow();
  servers_->freeze(1);
  session.ask({"ECHO", "slow"}, soon(), all_answered);  // Learns it after the time-out.
  auto other = nodes_->borrow();
  const auto started = Clock::now();
  // Nobody would ever say that this is enough.
  EXPECT_EQ(answered(other.ask({"ECHO", "quick"}, soon(), [](Answers) { return false; })), 2U);
  EXPECT_LT(Clock::now() - started, kTimeout);
}

TEST_F(RedisNodesTest, ThatAreNeededAreWaitedForEachTime) {
  start(1);
  servers_->freeze(0);
  auto session = nodes_->borrow();
  for (int i = 0; i < 2; ++i) {
    const auto started = Clock::now();
    EXPECT_EQ(answered(session.ask({"ECHO", "a"}, soon(), all_answered)), 0U);
    EXPECT_GE(Clock::now() - started, kTimeout);
  }
  servers_->thaw(0);
  expect_echo(session, "back");
}

TEST_F(RedisNodesTest, NeverGiveALateReplyToAnotherRequest) {
  start(3);
  auto session = nodes_->borrow();
  for (int round = 0; round < 20; ++round) {
    const auto late = "late " + std::to_string(round);
    servers_->freeze(round % 3);
    session.ask({"ECHO", late}, soon(), [](Answers heard) { return answered(heard) >= 2; });
    session.ask({"ECHO", late}, soon(), [](Answers) { return true; });
    servers_->thaw(round % 3);
    expect_echo(session, "in time " + std::to_string(round));
  }
}

TEST_F(RedisNodesTest, AnswerADeadlineBeforeTheirTimeIsUp) {
  start(1, kPatience);
  servers_->freeze(0);
  auto session = nodes_->borrow();
  const auto started = Clock::now();
  EXPECT_EQ(answered(session.ask({"ECHO", "a"}, started + 20ms, all_answered)), 0U);
  EXPECT_LT(Clock::now() - started, kPatience / 2);
}

TEST_F(RedisNodesTest, AreTaughtAScriptThatTheyHaveForgotten) {
  start(2);
  auto session = nodes_->borrow();
  const std::vector<std::string> no_keys;
  const std::vector<std::string_view> words{"hello"};
  for (const bool forgotten : {false, true}) {
    if (forgotten) servers_->ask(1, {"SCRIPT", "FLUSH"});
    for (const auto& answer : session.ask(Request(kEcho, no_keys, words), soon(), all_answered)) {
      ASSERT_TRUE(answer.reply) << answer.fault;
      EXPECT_TRUE(answer.reply->is("hello")) << answer.reply->described();
    }
  }
}

TEST_F(RedisNodesTest, ThatClosedAnIdleConnectionAreConnectedToAgain) {
  start(2);
  auto session = nodes_->borrow();
  expect_echo(session, "one");
  servers_->ask(0, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  expect_echo(session, "two");
}

TEST_F(RedisNodesTest, ThatWereStartedAgainAreConnectedToAgain) {
  start(1);
  auto session = nodes_->borrow();
  expect_echo(session, "one");
  servers_->kill(0);
  const auto answers = session.ask({"ECHO", "two"}, soon(), all_answered);
  EXPECT_EQ(nodes_->faults(answers), servers_->url(0) + ": Connection refused");
  servers_->start(0);
  expect_echo(session, "three");
}

TEST_F(RedisNodesTest, AnErrorIsAFaultThatSaysWhatTheServerSaid) {
  start(1);
  auto session = nodes_->borrow();
  const auto answers = session.ask({"NONSENSE"}, soon(), all_answered);
  EXPECT_THAT(nodes_->faults(answers), HasSubstr("unknown command 'NONSENSE'"));
}

TEST_F(RedisNodesTest, SessionsAreKeptForTheNextCaller) {
  start(1);
  for (int i = 0; i < 10; ++i) {
    auto session = nodes_->borrow();
    expect_echo(session, "again");
  }
  const auto clients = servers_->ask(0, {"CLIENT", "LIST", "TYPE", "normal"}).text;
  EXPECT_EQ(std::ranges::count(clients, '\n'), 2) << clients;  // One of them is asking this.
}

// A server that answers every request with the same bytes.
class Parrot {
 public:
  explicit Parrot(std::string says) : says_(std::move(says)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT: how sockets are.
    ::bind(listener_, generic, size);
    ::listen(listener_, 4);
    ::getsockname(listener_, generic, &size);
    port_ = ::ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~Parrot() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_ = {};
    ::close(listener_);
  }
  Parrot(const Parrot&) = delete;
  Parrot& operator=(const Parrot&) = delete;

  std::string url() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void serve(const std::stop_token& stop) const {
    while (!stop.stop_requested()) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      std::array<char, 4096> bytes{};
      while (::recv(connection, bytes.data(), bytes.size(), 0) > 0) {
        ::send(connection, says_.data(), says_.size(), MSG_NOSIGNAL);
      }
      ::close(connection);
    }
  }

  const std::string says_;
  int listener_ = -1;
  int port_ = 0;
  std::jthread thread_;
};

TEST_F(RedisNodesTest, ThatSendGarbageAreAFaultAndNeverAReply) {
  for (const auto* garbage :
       {"HTTP/1.1 400 Bad Request\r\n", "$5\r\nab", "+OK\r\n+OK\r\n+OK\r\n", "*-7\r\n"}) {
    const Parrot parrot(garbage);
    connect(parrot.url());
    for (int i = 0; i < 3; ++i) {
      auto session = nodes_->borrow();
      const auto answers = session.ask({"ECHO", "a"}, soon(), all_answered);
      EXPECT_FALSE(answers.front().reply) << garbage << answers.front().reply->described();
    }
    nodes_.reset();  // Hangs up, for which the parrot waits.
  }
}

}  // namespace
}  // namespace stampede::redis
