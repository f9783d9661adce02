// What the operations work with: everything that was given to the Pipeline, and the keys in
// flight. Safe for concurrent use; outlives every operation.

#pragma once

#include "core/api/lock_strategy.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/idempotency.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/sources.hpp"

namespace stampede::pipeline {

struct Environment {
  Store& store;
  LockStrategy& lock;
  PaymentGateway& payments;
  WallClock& clock;
  IdGenerator& ids;
  const Options options;
  InFlightKeys request_keys{};
  InFlightKeys transaction_ids{};
};

}  // namespace stampede::pipeline
