// From what one run of a cell left behind to the report's model of it.

#pragma once

#include <cstddef>

#include "experiments/report/result.hpp"
#include "experiments/runner/run_block.hpp"

namespace stampede::runner {

// `position` within its block. The ledger is not kept: its audits are.
report::Block collect(const BlockPlan& plan, std::size_t position, const BlockOutcome& outcome);

}  // namespace stampede::runner
