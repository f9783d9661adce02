#include "experiments/load/health.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace stampede::load {

namespace {

constexpr double kBusyShare = 0.95;
constexpr double kMostSaturated = 0.05;
constexpr Duration kLate = std::chrono::milliseconds(10);

double ratio(Duration part, Duration whole) {
  return whole.count() > 0 ? static_cast<double>(part.count()) / static_cast<double>(whole.count())
                           : 0;
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

Duration thread_cpu() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
}

}  // namespace

ThreadTimer::ThreadTimer() : file_(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}

ThreadTimer::~ThreadTimer() {
  if (file_ >= 0) close(file_);
}

ThreadTime ThreadTimer::read() const {
  ThreadTime time{.running = thread_cpu()};
  if (file_ < 0) return time;
  std::array<char, 96> text{};  // "running waiting slices", in nanoseconds.
  const auto size = pread(file_, text.data(), text.size(), 0);
  if (size <= 0) return time;
  const char* const end = text.data() + size;
  const char* const space = std::find(static_cast<const char*>(text.data()), end, ' ');
  std::int64_t waiting = 0;
  if (space != end) std::from_chars(space + 1, end, waiting);
  time.waiting = Duration(waiting);
  return time;
}

void HealthMonitor::arrival(Duration late) {
  health_.lateness.record(late);
  latest_ = std::max(latest_, late);
}

void HealthMonitor::slot(bool in_window, Duration length, const ThreadTime& used,
                         bool waiting_arrivals) {
  const auto late = std::exchange(latest_, Duration(0));
  if (!in_window || length.count() <= 0) return;
  ++slots_;
  length_ += length;
  used_.running += used.running;
  used_.waiting += used.waiting;
  const bool saturated = ratio(used.running + used.waiting, length) >= kBusyShare || late > kLate;
  saturated_slots_ += saturated ? 1U : 0U;
  backlog_slots_ += waiting_arrivals ? 1U : 0U;
}

GeneratorHealth HealthMonitor::judge() const {
  auto health = health_;
  health.cpu = ratio(used_.running, length_);
  health.waiting_for_cpu = ratio(used_.waiting, length_);
  health.saturated_share = ratio(saturated_slots_, slots_);
  health.backlog_share = ratio(backlog_slots_, slots_);
  health.saturated = health.dropped > 0 || health.saturated_share > kMostSaturated;
  return health;
}

}  // namespace stampede::load
