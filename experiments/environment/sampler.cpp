#include "experiments/environment/sampler.hpp"

#include <algorithm>
#include <utility>

namespace stampede::environment {

Usage difference(const Usage& begin, const Usage& end) {
  auto change = end;
  change.cpu -= begin.cpu;
  change.voluntary_switches -= begin.voluntary_switches;
  change.involuntary_switches -= begin.involuntary_switches;
  change.read_bytes -= begin.read_bytes;
  change.written_bytes -= begin.written_bytes;
  change.received_bytes -= begin.received_bytes;
  change.sent_bytes -= begin.sent_bytes;
  return change;
}

void Meter::note_traffic(pid_t pid, const std::unordered_map<std::uint64_t, Traffic>& traffic) {
  if (traffic.empty()) return;
  for (const auto inode : sockets_of(pid)) {
    const auto now = traffic.find(inode);
    if (now == traffic.end()) continue;
    auto& before = sockets_[inode];
    // A number may have been given to another socket since: that one began at zero.
    const bool is_new = now->second.received_bytes < before.received_bytes ||
                        now->second.sent_bytes < before.sent_bytes;
    if (is_new) before = {};
    traffic_.received_bytes += now->second.received_bytes - before.received_bytes;
    traffic_.sent_bytes += now->second.sent_bytes - before.sent_bytes;
    before = now->second;
  }
}

Usage Meter::read(const std::unordered_map<std::uint64_t, Traffic>& traffic) {
  Usage sum;
  std::int64_t shared = 0;
  const auto family =
      watched_.with_children ? with_children(watched_.pid) : std::vector<pid_t>{watched_.pid};
  for (const auto pid : family) {
    const auto usage = process_usage(pid);
    if (!usage) continue;
    sum.resident_bytes += usage->private_bytes;
    shared = std::max(shared, usage->shared_bytes);
    auto& counts = seen_[pid];
    counts.cpu = usage->cpu;
    // Threads that ended took their counts along.
    counts.voluntary_switches = std::max(counts.voluntary_switches, usage->voluntary_switches);
    counts.involuntary_switches =
        std::max(counts.involuntary_switches, usage->involuntary_switches);
    counts.read_bytes = usage->read_bytes;
    counts.written_bytes = usage->written_bytes;
    note_traffic(pid, traffic);
  }
  sum.resident_bytes += shared;
  for (const auto& [pid, counts] : seen_) {
    sum.cpu += counts.cpu;
    sum.voluntary_switches += counts.voluntary_switches;
    sum.involuntary_switches += counts.involuntary_switches;
    sum.read_bytes += counts.read_bytes;
    sum.written_bytes += counts.written_bytes;
  }
  sum.received_bytes = traffic_.received_bytes;
  sum.sent_bytes = traffic_.sent_bytes;
  return sum;
}

Sampler::Sampler(std::vector<Watched> watched, std::chrono::milliseconds period) : period_(period) {
  for (auto& process : watched) meters_.emplace_back(std::move(process));
}

Sampler::~Sampler() {
  thread_.request_stop();
  changed_.notify_all();
}

std::vector<std::string> Sampler::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& meter : meters_) names.push_back(meter.name());
  return names;
}

void Sampler::follow(const std::string& name, pid_t pid) {
  const std::lock_guard lock(mutex_);
  for (auto& meter : meters_) {
    if (meter.name() == name) meter.follow(pid);
  }
}

std::vector<Usage> Sampler::read() {
  const auto traffic = tcp_traffic();
  const std::lock_guard lock(mutex_);
  std::vector<Usage> usage;
  for (auto& meter : meters_) usage.push_back(meter.read(traffic));
  return usage;
}

void Sampler::take(std::chrono::steady_clock::time_point now) {
  auto usage = read();
  const std::lock_guard lock(mutex_);
  samples_.push_back({now - begun_, std::move(usage)});
}

void Sampler::begin() {
  begun_ = std::chrono::steady_clock::now();
  take(begun_);
  thread_ = std::jthread([this](const std::stop_token& stop) {
    for (auto next = begun_ + period_;; next += period_) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, stop, next, [] { return false; });
      }
      if (stop.stop_requested()) return;
      take(std::chrono::steady_clock::now());
    }
  });
}

std::vector<Sample> Sampler::end() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  take(std::chrono::steady_clock::now());
  const std::lock_guard lock(mutex_);
  return std::move(samples_);
}

}  // namespace stampede::environment
