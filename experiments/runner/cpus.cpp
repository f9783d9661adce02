#include "experiments/runner/cpus.hpp"

#include <algorithm>
#include <cstddef>

namespace stampede::runner {

namespace {

std::vector<int> available() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cpus.push_back(cpu);
  }
  return cpus;
}

// Everything but those; empty, which is anywhere, when nothing is left.
std::vector<int> rest(std::vector<int> cpus, const std::vector<int>& taken) {
  std::erase_if(cpus, [&](int cpu) { return std::ranges::find(taken, cpu) != taken.end(); });
  return cpus;
}

}  // namespace

plan::Cpus place(const plan::Cpus& wanted) {
  auto cpus = wanted;
  const auto all = available();
  if (cpus.generator.empty() && cpus.server.empty() && all.size() > 1) {
    cpus.generator = {all.back()};
  }
  if (cpus.server.empty() && !cpus.generator.empty()) cpus.server = rest(all, cpus.generator);
  if (cpus.generator.empty()) cpus.generator = rest(all, cpus.server);
  if (cpus.server.empty()) cpus.generator = wanted.generator;
  if (cpus.postgres.empty()) cpus.postgres = cpus.server;
  if (cpus.redis.empty()) cpus.redis = cpus.server;
  if (cpus.kafka.empty()) cpus.kafka = cpus.server;
  return cpus;
}

Pinned::Pinned(const std::vector<int>& cpus) {
  CPU_ZERO(&before_);
  if (cpus.empty() || ::sched_getaffinity(0, sizeof before_, &before_) != 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
  pinned_ = ::sched_setaffinity(0, sizeof set, &set) == 0;
}

Pinned::~Pinned() {
  if (pinned_) ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace stampede::runner
