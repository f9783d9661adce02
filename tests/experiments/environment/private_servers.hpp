// What the tests of private servers share: folders of their own, and doing something in a process
// that is then killed.

#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "experiments/environment/postgres_files.hpp"
#include "experiments/environment/redis.hpp"

namespace stampede::environment {

// Throwaway folders of this test are below a folder of its own.
class PrivateServersTest : public ::testing::Test {
 protected:
  PrivateServersTest() {
    std::string pattern = "/var/tmp/stmp-test-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    std::filesystem::permissions(root_, std::filesystem::perms(0755));
    ::setenv("TMPDIR", root_.c_str(), 1);
  }
  ~PrivateServersTest() override {
    ::unsetenv("TMPDIR");
    ::unsetenv("STAMPEDE_POSTGRES_BIN");
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  bool is_empty() const { return std::filesystem::is_empty(root_); }

  std::filesystem::path root_;
};

// Runs `work` in a child, which then tells a number and waits until it is killed.
inline long told_by_killed_process(
    const std::function<void(const std::function<void(long)>&)>& work) {
  std::array<int, 2> channel{};
  EXPECT_EQ(::pipe(channel.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    work([&](long number) {
      if (::write(channel[1], &number, sizeof number) != sizeof number) ::_exit(1);
      for (;;) ::pause();
    });
    ::_exit(1);
  }
  ::close(channel[1]);
  long told = -1;
  EXPECT_EQ(::read(channel[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(channel[0]);
  return told;
}

#define SKIP_WITHOUT(program) \
  if (const auto found = (program); !found) GTEST_SKIP() << found.error().message

}  // namespace stampede::environment
