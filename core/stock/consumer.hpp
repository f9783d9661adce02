// Places the orders that were accepted: through the pipeline under their request's key, keeps those
// that failed, and settles with the gate. All of it may happen again for the same order, in this
// process or another, and ends as it ended first.
//
// handle() is safe for concurrent use. What is passed in outlives the consumer.

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/transport.hpp"
#include "core/issue/epochs.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/stock/counters.hpp"
#include "core/stock/order_book.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::stock {

class Consumer {
 public:
  struct Parts {
    pipeline::Business& inner;
    OrderBook& book;
    Gate& gate;
    issue::Epochs& epochs;
    Counters& counters;
    telemetry::Log& log;
    std::function<void(const Event&)> bury;  // Takes an event that cannot be read.
  };

  explicit Consumer(Parts parts) : parts_(std::move(parts)) {}

  // A BatchHandler. An error, when any order of the batch is to be delivered again.
  Result<void> handle(std::span<const Event> events, Deadline deadline);

 private:
  std::optional<Order> read(const Event& event);
  // What became of the order, for good.
  Result<Order> place(const Order& order, const std::string& correlation, Context& context);

  const Parts parts_;
};

}  // namespace stampede::stock
