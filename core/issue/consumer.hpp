// Issues what was requested: asks the gate where it was not asked before, issues through the
// pipeline under the request's id as key, notes what failed, and settles with the gate. All of it
// may happen again for the same request, in this process or another, and ends as it ended first.
//
// handle() is safe for concurrent use. What is passed in outlives the consumer.

#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/transport.hpp"
#include "core/issue/counters.hpp"
#include "core/issue/epochs.hpp"
#include "core/issue/options.hpp"
#include "core/issue/request_book.hpp"
#include "core/issue/settler.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::issue {

class Consumer {
 public:
  struct Parts {
    pipeline::Pipeline& pipeline;
    RequestBook& book;
    Gate* gate;  // Null where the store decides, and so is the settler.
    Settler* settler;
    GateAt gate_at;
    Epochs& epochs;
    Counters& counters;
    telemetry::Log& log;
    std::function<void()> found_closed;                // Called when the gate says so.
    std::function<void(std::span<const Event>)> bury;  // Takes events that cannot be read.
  };

  explicit Consumer(Parts parts) : parts_(std::move(parts)) {}

  // A BatchHandler. An error, when any request of the batch is to be delivered again.
  Result<void> handle(std::span<const Event> events, Deadline deadline);

 private:
  // One request on its way through the consumer.
  struct Case {
    enum class Fate : std::uint8_t { kGranted, kIssued, kRefused, kError };
    IssueRequest request;
    Fate fate = Fate::kGranted;  // By the gate, at the door or here; or there is none.
    RefusalCode reason = RefusalCode::kNone;
    bool holds_grant = false;
  };

  std::vector<Case> read(std::span<const Event> events);
  Result<void> ask_gate(std::vector<Case>& cases, Context& context);
  Result<void> issue(Case& one, Deadline deadline);
  Result<void> note_refused(std::vector<Case>& cases, Context& context);
  Result<void> settle(const std::vector<Case>& cases, Deadline deadline);

  const Parts parts_;
};

}  // namespace stampede::issue
