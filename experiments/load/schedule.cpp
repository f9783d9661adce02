#include "experiments/load/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace stampede::load {

namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::vector<Stage> with_warmup(const LoadPlan& plan, double value, std::vector<Stage> stages) {
  if (plan.warmup.count() > 0) stages.insert(stages.begin(), {plan.warmup, value});
  return stages;
}

}  // namespace

ArrivalSchedule::ArrivalSchedule(double start_rate, std::span<const Stage> stages) {
  double at = 0;
  double rate = start_rate;
  double before = 0;
  for (const auto& stage : stages) {
    const Line line{at, seconds(stage.duration), rate, stage.target, before};
    if (line.lasts > 0) lines_.push_back(line);
    at += line.lasts;
    before += line.count();
    rate = stage.target;
  }
}

std::optional<Duration> ArrivalSchedule::next() {
  const auto index = static_cast<double>(index_);
  while (line_ < lines_.size() && index - lines_[line_].before >= lines_[line_].count()) ++line_;
  if (line_ == lines_.size()) return std::nullopt;
  const auto& line = lines_[line_];
  const double n = std::max(0.0, index - line.before);
  const double acceleration = (line.to - line.from) / line.lasts;
  const double root = std::sqrt(std::max(0.0, line.from * line.from + 2 * acceleration * n));
  const double t = n == 0 ? 0 : 2 * n / (line.from + root);
  ++index_;
  return Duration(std::llround((line.begins + std::min(t, line.lasts)) * 1e9));
}

ArrivalSchedule arrivals_of(const LoadPlan& plan) {
  const double per_second = 1 / seconds(plan.time_unit);
  if (plan.executor == ExecutorKind::kConstantArrivalRate) {
    const double rate = plan.rate * per_second;
    const std::vector<Stage> whole{{plan.warmup + plan.duration, rate}};
    return {rate, whole};
  }
  auto stages = plan.stages;
  for (auto& stage : stages) stage.target *= per_second;
  const double start = plan.start * per_second;
  return {start, with_warmup(plan, start, std::move(stages))};
}

std::vector<VuStep> vu_steps(std::int64_t start, std::span<const Stage> stages) {
  std::vector<VuStep> steps{{Duration(0), start}};
  Duration begins{0};
  auto vus = start;
  const auto set = [&steps](Duration offset, std::int64_t value) {
    if (steps.back().offset == offset) {
      steps.back().vus = value;
    } else {
      steps.push_back({offset, value});
    }
  };
  for (const auto& stage : stages) {
    const auto target = static_cast<std::int64_t>(std::llround(stage.target));
    const auto changes = std::abs(target - vus);
    const std::int64_t direction = target > vus ? 1 : -1;
    if (stage.duration.count() == 0) set(begins, target);
    for (std::int64_t i = 1; stage.duration.count() > 0 && i <= changes; ++i) {
      const double share = static_cast<double>(i) / static_cast<double>(changes);
      const auto offset =
          Duration(std::llround(static_cast<double>(stage.duration.count()) * share));
      set(begins + offset, vus + direction * i);
    }
    begins += stage.duration;
    vus = target;
  }
  return steps;
}

std::vector<VuStep> vu_steps_of(const LoadPlan& plan) {
  if (plan.executor != ExecutorKind::kRampingVus) return {{Duration(0), plan.vus}};
  return vu_steps(std::llround(plan.start), with_warmup(plan, plan.start, plan.stages));
}

std::int64_t most_vus(const LoadPlan& plan) {
  if (is_open(plan.executor)) return std::max(plan.pre_allocated_vus, plan.max_vus);
  std::int64_t most = 1;
  for (const auto& step : vu_steps_of(plan)) most = std::max(most, step.vus);
  return most;
}

Duration planned_length(const LoadPlan& plan) {
  if (counts_iterations(plan.executor)) return plan.warmup + plan.max_duration;
  if (plan.stages.empty()) return plan.warmup + plan.duration;
  auto length = plan.warmup;
  for (const auto& stage : plan.stages) length += stage.duration;
  return length;
}

}  // namespace stampede::load
