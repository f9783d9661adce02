#include "core/saga/refusing.hpp"

#include <utility>

#include "core/saga/refusals.hpp"
#include "core/saga/steps.hpp"

namespace stampede::saga {

std::function<Result<void>(Act&, RefusalCode)> refusing(const ServiceContext& context,
                                                        const Event& event,
                                                        std::shared_ptr<const OrderFact> fact,
                                                        std::string step, std::string_view told) {
  return [now = context.clock.now(), key = context.options.key, fact = std::move(fact),
          step = std::move(step), told,
          correlation = event.correlation](Act& act, RefusalCode refusal) -> Result<void> {
    auto failed = *fact;
    failed.order.failure = reason_of(refusal);
    auto kept = act.transaction.put_saga_step({.key = step,
                                               .state = SagaStep::State::kRefused,
                                               .detail = detail_of_refusal(failed.order.failure),
                                               .at = now});
    if (!kept) return kept;
    act.note = told;
    return act.tell(tell(told, failed, key, correlation));
  };
}

}  // namespace stampede::saga
