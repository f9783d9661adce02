#include "experiments/load/plan.hpp"

namespace stampede::load {

std::string_view to_string(ExecutorKind kind) {
  switch (kind) {
    case ExecutorKind::kConstantVus:
      return "constant-vus";
    case ExecutorKind::kRampingVus:
      return "ramping-vus";
    case ExecutorKind::kConstantArrivalRate:
      return "constant-arrival-rate";
    case ExecutorKind::kRampingArrivalRate:
      return "ramping-arrival-rate";
    case ExecutorKind::kPerVuIterations:
      return "per-vu-iterations";
    case ExecutorKind::kSharedIterations:
      return "shared-iterations";
  }
  return "unknown";
}

std::string_view to_string(OperationKind kind) {
  switch (kind) {
    case OperationKind::kRead:
      return "read";
    case OperationKind::kOrder:
      return "order";
    case OperationKind::kIssue:
      return "issue";
    case OperationKind::kCharge:
      return "charge";
    case OperationKind::kCart:
      return "cart";
    case OperationKind::kOther:
      return "other";
  }
  return "unknown";
}

void use_fixed_request(LoadPlan& plan, const std::string& path) {
  plan.journeys = {JourneySpec{.name = "fixed", .steps = {StepSpec{.name = path, .path = path}}}};
  plan.mix = {{"fixed", 1}};
  plan.ledger = false;
}

void use_constant_vus(LoadPlan& plan, std::int64_t vus, Duration duration) {
  plan.executor = ExecutorKind::kConstantVus;
  plan.vus = vus;
  plan.duration = duration;
  plan.stages.clear();
  plan.warmup = {};
  plan.think = {};
}

}  // namespace stampede::load
