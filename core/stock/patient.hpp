// Running a small operation of our own on the store, again after a conflict.

#pragma once

#include "core/api/operation.hpp"
#include "core/api/store.hpp"

namespace stampede::stock {

// A conflict means that somebody else got ahead: the next run sees what he did.
inline Result<Outcome> transact_patiently(Store& store, Operation& operation, Context& context) {
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    auto outcome = store.transact(TransactionOptions{}, operation, context);
    if (outcome || outcome.error().code != ErrorCode::kConflict || attempt == kAttempts) {
      return outcome;
    }
  }
}

}  // namespace stampede::stock
