// Readings of /proc.

#include "experiments/environment/usage.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace stampede::environment {
namespace {

TEST(Usage, GrowsAsThisProcessWorks) {
  const auto before = process_usage(::getpid());
  ASSERT_TRUE(before);
  EXPECT_GT(before->private_bytes + before->shared_bytes, 1 << 20);
  volatile std::uint64_t sum = 0;
  auto after = before;
  while (after->cpu == before->cpu) {  // Until a clock tick has been spent; CTest bounds it.
    for (int i = 0; i < 1'000'000; ++i) sum = sum + 1;
    after = process_usage(::getpid());
  }
  EXPECT_GT(after->cpu, before->cpu);
  EXPECT_GE(machine_busy(), after->cpu - before->cpu);
}

TEST(Usage, OfAProcessThatIsGoneIsNothing) { EXPECT_EQ(process_usage(0x3fffffff), std::nullopt); }

TEST(Machine, IsDescribed) {
  const auto machine = describe_machine();
  EXPECT_FALSE(machine.cpu.empty());
  EXPECT_GT(machine.processors, 0);
  EXPECT_GT(machine.memory_bytes, 1 << 20);
  EXPECT_FALSE(machine.system.empty());
}

}  // namespace
}  // namespace stampede::environment
