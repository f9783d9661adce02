// Reading by key outside the execution proper: before a payment is made, and after an execution
// whose outcome is not known.

#pragma once

#include <chrono>
#include <functional>

#include "core/api/operation.hpp"
#include "core/api/store.hpp"
#include "core/pipeline/environment.hpp"
#include "core/pipeline/keyed_operation.hpp"

namespace stampede::pipeline {

// How long a request in doubt may outstay its deadline to learn what it really did.
inline constexpr std::chrono::seconds kResolveGrace{2};

// Runs `read` in a transaction that is always rolled back, so that nothing is queued for it. Its
// time counts as the request's, its attempt does not.
Result<void> look_up(Store& store, Context& context,
                     const std::function<Result<void>(Transaction&)>& read);

// True for the errors after which the effect may exist all the same.
constexpr bool leaves_doubt(ErrorCode code) {
  return code == ErrorCode::kInDoubt || code == ErrorCode::kInternal;
}

// Whether the operation took effect, asked within kResolveGrace from now. An error when the store
// cannot say. "No" is not final: the commit may still be on its way.
template <typename T>
Result<bool> took_effect(Environment& environment, KeyedOperation<T>& operation, Context& context) {
  Context grace{Clock::now() + kResolveGrace, context.phases};
  bool found = false;
  auto looked = look_up(environment.store, grace, [&](Transaction& transaction) -> Result<void> {
    auto effect = operation.find_effect(transaction);
    if (!effect) return Unexpected(effect.error());
    found = *effect;
    return {};
  });
  if (!looked) return Unexpected(looked.error());
  return found;
}

// Runs the operation by the lock strategy and answers it, also when the answer got lost in doubt.
template <typename T>
Result<Reply<T>> execute(Environment& environment, const Scope& scope, KeyedOperation<T>& operation,
                         Context& context) {
  auto outcome = environment.lock.execute(environment.store, scope, operation, context);
  if (outcome) return operation.reply(*outcome);
  if (outcome.error().code == ErrorCode::kInDoubt) {
    const auto found = took_effect(environment, operation, context);
    if (found && *found) return operation.reply(Outcome::commit());
  }
  return Unexpected(outcome.error());
}

}  // namespace stampede::pipeline
