// What a service does that refuses its step of an order: it keeps the step as refused, with the
// reason, and tells of it. Stateless.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/saga/events.hpp"
#include "core/saga/service.hpp"

namespace stampede::saga {

// For Reaction::refuse. The time is that of this call; the context outlives what is returned.
std::function<Result<void>(Act&, RefusalCode)> refusing(const ServiceContext& context,
                                                        const Event& event,
                                                        std::shared_ptr<const OrderFact> fact,
                                                        std::string step, std::string_view told);

}  // namespace stampede::saga
