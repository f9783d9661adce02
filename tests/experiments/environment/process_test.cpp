// Children start, are heard, and are always gone afterwards.

#include "experiments/environment/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace stampede::environment {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

Command shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}};
}

Process started(const Command& command) {
  auto process = Process::start(command);
  EXPECT_TRUE(process) << process.error().message;
  return std::move(*process);
}

// Whether `pid` ended within a generous time, without being its parent.
bool ends(pid_t pid) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) return true;  // Gone already.
  pollfd waited{handle, POLLIN, 0};
  const bool ended = ::poll(&waited, 1, 10'000) == 1;
  ::close(handle);
  return ended;
}

TEST(ChildProcess, IsHeardLineByLine) {
  auto process = started(shell("echo one; printf 'two\\nthr'; echo ee"));
  EXPECT_EQ(process.read_line(Clock::now() + 10s), "one");
  EXPECT_EQ(process.read_line(Clock::now() + 10s), "two");
  EXPECT_EQ(process.read_line(Clock::now() + 10s), "three");
  EXPECT_EQ(process.read_line(Clock::now() + 10s).error().code, ErrorCode::kUnavailable);
}

TEST(ChildProcess, ThatIsSilentIsATimeout) {
  auto process = started(shell("exec sleep 60"));
  EXPECT_EQ(process.read_line(Clock::now() + 10ms).error().code, ErrorCode::kTimeout);
}

TEST(ChildProcess, TellsHowItEnded) {
  auto failing = started(shell("trap '' TERM; echo ready; exit 7"));
  EXPECT_EQ(failing.read_line(Clock::now() + 10s), "ready");
  EXPECT_EQ(failing.stop(10s).code, 7);
  auto deaf = started(shell("trap '' TERM; echo ready; while :; do sleep 60; done"));
  EXPECT_EQ(deaf.read_line(Clock::now() + 10s), "ready");
  const auto status = deaf.stop(10ms);
  EXPECT_EQ(status.signal, SIGKILL);
  EXPECT_EQ(describe(status), "signal 9 (Killed)");
}

TEST(ChildProcess, CanBeWaitedForWithoutBeingStopped) {
  auto brief = started(shell("exit 3"));
  EXPECT_EQ(brief.wait(Clock::now() + 10s).value().code, 3);
  auto endless = started(shell("exec sleep 60"));
  EXPECT_EQ(endless.wait(Clock::now() + 10ms), std::nullopt);
  EXPECT_EQ(endless.poll(), std::nullopt);
}

TEST(ChildProcess, IsGoneWhenItsOwnerIs) {
  pid_t pid = 0;
  {
    const auto process = started(shell("exec sleep 60"));
    pid = process.pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(ChildProcess, DiesWithItsParentEvenWhenThatIsKilled) {
  std::array<int, 2> channel{};
  ASSERT_EQ(::pipe(channel.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const auto process = Process::start(shell("exec sleep 60"));
    const pid_t child = process ? process->pid() : -1;
    if (::write(channel[1], &child, sizeof child) != sizeof child) ::_exit(1);
    for (;;) ::pause();
  }
  pid_t child = 0;
  ASSERT_EQ(::read(channel[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  ASSERT_GT(child, 0);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(ends(child));
  ::close(channel[0]);
  ::close(channel[1]);
}

TEST(ChildProcess, RunsOnlyWhereItWasPinned) {
  auto command = shell("grep Cpus_allowed_list /proc/self/status");
  command.cpus = {0};
  auto process = started(command);
  EXPECT_THAT(process.read_line(Clock::now() + 10s).value_or(""), testing::EndsWith("\t0"));
}

TEST(ChildProcess, ThatDoesNotExistIsNamed) {
  const auto process = Process::start({.program = "/nonexistent/server"});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().message, "there is no /nonexistent/server");
}

TEST(LastLines, AreTheLastOnes) {
  const auto file = std::filesystem::temp_directory_path() / "stampede-last-lines.log";
  std::ofstream(file) << "a\nb\nc\n";
  EXPECT_EQ(last_lines(file, 2), "b\nc");
  EXPECT_EQ(last_lines("/nonexistent", 2), "");
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace stampede::environment
