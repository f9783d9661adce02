// Business refusals as the reasons that events and failed orders carry: the codes a client is told.

#pragma once

#include <optional>
#include <string_view>

#include "core/api/operation.hpp"

namespace stampede::saga {

// "INSUFFICIENT_STOCK"; "" for kNone.
std::string_view reason_of(RefusalCode code);

// The refusal that a reason stands for; nothing for what is no reason.
std::optional<RefusalCode> refusal_of(std::string_view reason);

}  // namespace stampede::saga
