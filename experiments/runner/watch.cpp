#include "experiments/runner/watch.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "experiments/environment/usage.hpp"

namespace stampede::runner {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kTick = 100ms;  // How often progress is shown and the servers' life checked.

}  // namespace

Watch::Watch(load::LoadRun& run, std::vector<environment::Server>& servers,
             environment::Sampler& sampler, Injector& injector, std::chrono::nanoseconds warmup,
             std::stop_token stop, const OnProgress& on_progress)
    : run_(run),
      servers_(servers),
      sampler_(sampler),
      injector_(injector),
      warmup_(warmup),
      stop_(std::move(stop)),
      on_progress_(on_progress) {}

Watch::Reading Watch::take() const {
  return {sampler_.read(), environment::machine_busy(), Clock::now()};
}

// But for those that are down on purpose.
bool Watch::all_alive() {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (!injector_.is_down(i) && !servers_[i].alive()) return false;
  }
  return true;
}

Result<void> Watch::until_the_end() {
  auto driven = drive();
  if (!driven) run_.stop();
  const auto elapsed = run_.progress().elapsed - warmup_;
  auto mended = stop_.stop_requested() ? Result<void>() : injector_.finish(elapsed);
  for (std::size_t i = 0; i < stats_.size(); ++i) {
    if (injector_.was_restarted(i)) stats_[i].clear();
  }
  return driven ? mended : driven;
}

Result<void> Watch::drive() {
  sampler_.begin();
  if (warmup_.count() == 0) {
    if (auto opened = open_window(run_.progress().planned); !opened) return opened;
  }
  while (!run_.finished()) {
    const auto progress = run_.progress();
    on_progress_(progress.elapsed < warmup_ ? "warm-up" : "load", &progress);
    if (stop_.stop_requested()) {  // Nobody waits for what is in flight.
      for (auto& server : servers_) server.stop(0ms);
    }
    if (!all_alive()) run_.stop();
    if (!begin_ && !progress.warming_up && progress.elapsed >= warmup_) {
      if (auto opened = open_window(progress.planned - warmup_); !opened) return opened;
    }
    if (begin_ && !stop_.stop_requested()) {
      if (auto injected = inject(progress); !injected) return injected;
    }
    if (begin_ && !end_ && progress.elapsed >= progress.planned) end_ = take();
    std::this_thread::sleep_for(pause(progress));
  }
  if (begin_ && !end_) end_ = take();
  return {};
}

// Nothing more is broken once the window has closed, and nothing stays broken: what is still in
// flight then gets its answer.
Result<void> Watch::inject(const load::LoadProgress& progress) {
  const auto elapsed = progress.elapsed - warmup_;
  return end_ ? injector_.finish(elapsed) : injector_.step(elapsed);
}

Result<void> Watch::open_window(std::chrono::nanoseconds window) {
  if (all_alive()) {
    for (auto& server : servers_) {
      if (auto opened = server.open_window(); !opened) return opened;
      auto stats = server.stats();
      if (!stats) return Unexpected(stats.error());
      stats_.push_back(std::move(*stats));
    }
  }
  begin_ = take();
  injector_.begin(window, sampler_);
  return {};
}

// Until the next edge of the window, so that readings are taken on it, or the next fault, but at
// most a tick.
std::chrono::nanoseconds Watch::pause(const load::LoadProgress& progress) const {
  auto edge = begin_ ? progress.planned : warmup_;
  if (const auto next = injector_.next()) edge = std::min(edge, warmup_ + *next);
  const auto left = edge - progress.elapsed;
  return std::clamp<std::chrono::nanoseconds>(left, 1ms, kTick);
}

std::optional<WindowUsage> Watch::usage() const {
  if (!begin_ || !end_) return std::nullopt;
  WindowUsage usage;
  auto foreign = end_->machine - begin_->machine;
  for (std::size_t i = 0; i < end_->processes.size(); ++i) {
    usage.processes.push_back(difference(begin_->processes[i], end_->processes[i]));
    foreign -= usage.processes.back().cpu;
  }
  usage.seconds = std::chrono::duration<double>(end_->at - begin_->at).count();
  const double capacity = usage.seconds * std::thread::hardware_concurrency();
  usage.foreign_cpu =
      std::clamp(std::chrono::duration<double>(foreign).count() / capacity, 0.0, 1.0);
  return usage;
}

}  // namespace stampede::runner
