// From the generator's ledger to the auditor's claims: what each client was told, once the writes
// whose outcome nobody knows have been asked about again under their own keys.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "experiments/audit/audit.hpp"
#include "experiments/environment/server.hpp"
#include "experiments/load/ledger.hpp"

namespace stampede::runner {

// One claim for each order, coupon issue and charge of the ledger, in the order of sending.
std::vector<audit::Claim> claims_of(const load::Ledger& ledger);

// How many orders that were sent in the window were accepted, and failed afterwards.
std::uint64_t failed_later(const load::Ledger& ledger, const audit::FinalState& final_state,
                           std::chrono::nanoseconds warmup, std::chrono::nanoseconds window);

// The server that answers a path.
using Answering = std::function<environment::Server&(std::string_view path)>;

struct Replays {
  std::int64_t sent = 0;
  std::int64_t resolved = 0;  // The answer said whether the write took effect.
};

// Sends each write of unknown outcome again, byte for byte and under the same key, so that it is
// answered as it was the first time, or done now. `claims` are those of `ledger`; a resolved one
// becomes acknowledged or refused. Gives up when a server is gone.
Replays replay_unknown(const load::Ledger& ledger, const Answering& answering,
                       std::vector<audit::Claim>& claims);

}  // namespace stampede::runner
