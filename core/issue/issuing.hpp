// Asynchronous coupon issue: takes requests at the door, lets the gate decide, hands them to the
// transport, and issues what comes out of it. What a request becomes can be asked for by its id.
//
// Safe for concurrent use. What is passed in outlives it.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/gate.hpp"
#include "core/api/store.hpp"
#include "core/api/transport.hpp"
#include "core/issue/caretaker.hpp"
#include "core/issue/consumer.hpp"
#include "core/issue/counters.hpp"
#include "core/issue/epochs.hpp"
#include "core/issue/options.hpp"
#include "core/issue/request_book.hpp"
#include "core/issue/settler.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/sources.hpp"
#include "core/telemetry/log.hpp"

namespace stampede::issue {

class Issuing {
 public:
  struct Parts {
    pipeline::Pipeline& pipeline;
    Store& store;
    Transport& transport;
    Gate* gate;  // Null where the store decides, in the consumer.
    pipeline::WallClock& clock;
    pipeline::IdGenerator& ids;
    telemetry::Log& log;
    Options options;
  };

  explicit Issuing(Parts parts);
  ~Issuing();  // Stops.
  Issuing(const Issuing&) = delete;
  Issuing& operator=(const Issuing&) = delete;

  // Subscribes. Once.
  Result<void> connect();
  // Connects, starts the transport, and looks after the gate from now on.
  Result<void> start();
  // Stops the transport too. Idempotent.
  void stop();

  // What start() does again and again: opens the gates that are closed, and publishes again what
  // was granted and is not settled.
  Result<void> look_after();

  // Accepts the request, or refuses it where the gate knows. Its id is the tag's key, or a new one.
  // kInDoubt when it was granted but not handed over: that is tried again later.
  Result<pipeline::Reply<std::string>> accept(const pipeline::IssueCoupon& request,
                                              Context& context);

  Result<IssueStatus> status(const std::string& request, Context& context) {
    return book_.status(request, context);
  }

  // Loads the gate from the store, which was just filled.
  Result<void> reload(Deadline deadline);

  // How many requests are on their way between the door and the store, as far as the transport and
  // the gate can tell; some may be counted by both.
  Result<std::int64_t> backlog(Deadline deadline);

  // Failed requests, by id, after this one; "" for the start.
  Result<std::vector<FailedRequest>> failed_after(std::string_view request, std::int64_t limit,
                                                  Deadline deadline) {
    return book_.failed_after(request, limit, deadline);
  }

  // Of the gate, the transport and the consumer, by name.
  std::vector<std::pair<std::string, double>> gauges() const;

 private:
  // Nothing when the claim was granted, or nobody is asked here.
  Result<RefusalCode> ask_gate(const IssueRequest& request, Context& context);
  Result<RefusalCode> closed(const IssueRequest& request, Context& context);

  const Parts parts_;
  Epochs epochs_;
  Counters counters_;
  RequestBook book_;
  const std::unique_ptr<Settler> settler_;  // Null without a gate.
  Consumer consumer_;
  std::unique_ptr<Caretaker> caretaker_;  // Null without a gate.
};

}  // namespace stampede::issue
