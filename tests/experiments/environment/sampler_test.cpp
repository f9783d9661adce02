// What processes use is seen, for each and for groups, while they live and after.

#include "experiments/environment/sampler.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/process.hpp"

namespace stampede::environment {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::ElementsAre;

void work_for(std::chrono::nanoseconds cpu) {
  const auto begin = process_usage(::getpid())->cpu;
  volatile std::uint64_t sum = 0;
  while (process_usage(::getpid())->cpu - begin < cpu) {
    for (int i = 0; i < 1'000'000; ++i) sum = sum + 1;
  }
}

TEST(SamplerTest, TellsWhatEachProcessUsed) {
  const auto sleeper = Process::start({.program = "/bin/sleep", .arguments = {"600"}});
  ASSERT_TRUE(sleeper);
  Sampler sampler({{.name = "idle", .pid = sleeper->pid()}, {.name = "busy", .pid = ::getpid()}},
                  50ms);
  EXPECT_THAT(sampler.names(), ElementsAre("idle", "busy"));
  const auto before = sampler.read();
  sampler.begin();
  work_for(60ms);
  const auto after = sampler.read();
  const auto samples = sampler.end();
  EXPECT_GE(difference(before[1], after[1]).cpu, 50ms);
  EXPECT_EQ(difference(before[0], after[0]).cpu, 0ms);
  EXPECT_GT(after[1].resident_bytes, 1 << 20);
  ASSERT_GE(samples.size(), 3U);
  EXPECT_LT(samples.front().at, samples.back().at);
  EXPECT_GE(difference(samples.front().usage[1], samples.back().usage[1]).cpu, 50ms);
}

TEST(SamplerTest, CountsTheSwitchesOfEveryThread) {
  const auto before = process_usage(::getpid())->voluntary_switches;
  std::jthread other([](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) never.wait_for(lock, stop, 1ms, [] { return false; });
  });
  EXPECT_TRUE(ask_until(Clock::now() + 20s, [&] {
    return process_usage(::getpid())->voluntary_switches - before > 200;
  }));
}

// A child of the shell works, ends, and still counts: the group only grows.
TEST(SamplerTest, KeepsCountingWhatAGroupsMembersUsedBeforeTheyEnded) {
  auto shell = Process::start(
      {.program = "/bin/sh",
       .arguments = {"-c",
                     "(i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done); echo worked; exec sleep "
                     "600"}});
  ASSERT_TRUE(shell);
  Meter meter({.name = "group", .pid = shell->pid(), .with_children = true});
  std::chrono::nanoseconds most{0};
  std::size_t largest = 0;
  bool grew_only = true;
  const auto read = [&] {
    largest = std::max(largest, with_children(shell->pid()).size());
    const auto now = meter.read({}).cpu;
    grew_only = grew_only && now >= most;
    most = std::max(most, now);
  };
  EXPECT_TRUE(ask_until(Clock::now() + 60s, [&] {
    read();
    return shell->read_line(Clock::now()).has_value();
  }));
  read();
  EXPECT_EQ(largest, 2U);
  EXPECT_TRUE(grew_only);
  EXPECT_GT(most, 0ms);
}

class Connection {
 public:
  Connection() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener, generic, size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, generic, &size), 0);
    near_ = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(near_, generic, size), 0);
    far_ = ::accept(listener, nullptr, nullptr);
    ::close(listener);
  }
  ~Connection() {
    ::close(near_);
    ::close(far_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void carry(std::size_t bytes) const {
    std::vector<char> buffer(bytes);
    EXPECT_EQ(::send(near_, buffer.data(), bytes, 0), static_cast<ssize_t>(bytes));
    EXPECT_EQ(::recv(far_, buffer.data(), bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
  }

 private:
  int near_ = -1;
  int far_ = -1;
};

TEST(SamplerTest, CountsWhatConnectionsCarried) {
  if (tcp_traffic().empty()) {
    const Connection connection;
    if (tcp_traffic().empty()) GTEST_SKIP() << "this kernel does not tell about connections";
  }
  const Connection connection;
  Meter meter({.name = "self", .pid = ::getpid()});
  const auto before = meter.read(tcp_traffic());
  connection.carry(40'000);
  Usage used;
  // The last acknowledgement may still be on its way.
  EXPECT_TRUE(ask_until(Clock::now() + 20s, [&] {
    used = difference(before, meter.read(tcp_traffic()));
    return used.sent_bytes >= 40'000;
  }));
  EXPECT_EQ(used.sent_bytes, 40'000);
  EXPECT_EQ(used.received_bytes, 40'000);
}

}  // namespace
}  // namespace stampede::environment
