// Ports for servers: free, and none that a client could be given meanwhile.

#include "experiments/environment/free_port.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace stampede::environment {
namespace {

TEST(FreePort, IsNoneThatTheKernelGivesToClients) {
  int first = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first;
  if (first <= 11'000) GTEST_SKIP() << "clients are given nearly all ports here, from " << first;
  std::set<int> ports;
  for (int i = 0; i < 100; ++i) {
    const auto port = free_port();
    ASSERT_TRUE(port) << port.error().message;
    EXPECT_GE(*port, 1'024);
    EXPECT_LT(*port, first);
    ports.insert(*port);
  }
  EXPECT_GT(ports.size(), 50U);  // Two who ask at once are unlikely to be told the same.
}

}  // namespace
}  // namespace stampede::environment
