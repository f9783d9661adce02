#include "experiments/load/result.hpp"

#include <numeric>

namespace stampede::load {

namespace {

bool is_goal(OperationKind kind) {
  return kind == OperationKind::kOrder || kind == OperationKind::kIssue ||
         kind == OperationKind::kCharge;
}

}  // namespace

std::uint64_t Measure::sent() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

void Measure::merge(const Measure& other) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i] += other.outcomes[i];
  latency.merge(other.latency);
  success_latency.merge(other.success_latency);
  service.merge(other.service);
  answered += other.answered;
  succeeded += other.succeeded;
}

double LoadResult::answers_per_second() const {
  return window.count() > 0 ? static_cast<double>(overall.answered) / seconds() : 0;
}

double LoadResult::goodput() const {
  std::uint64_t goals = 0;
  bool any = false;
  for (const auto& journey : journeys) {
    for (const auto& step : journey.steps) {
      if (!is_goal(step.kind)) continue;
      any = true;
      goals += step.measure.succeeded;
    }
  }
  if (!any) goals = overall.succeeded;
  return window.count() > 0 ? static_cast<double>(goals) / seconds() : 0;
}

}  // namespace stampede::load
