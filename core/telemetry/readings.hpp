// One reading of everything the server can say about itself, taken at one moment. The metrics page
// and the admin statistics are two ways to write it down.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/api/http_server.hpp"
#include "core/api/money.hpp"
#include "core/api/store.hpp"
#include "core/telemetry/process_usage.hpp"
#include "core/telemetry/request_recorder.hpp"
#include "core/telemetry/saga_readings.hpp"

namespace stampede::telemetry {

// Requests between receipt and answer, without those that only ask about the server itself.
struct Load {
  std::int64_t in_flight = 0;  // All of them.
  std::int64_t queued = 0;     // Of these, how many wait for a worker.
  std::int64_t queue_capacity = 0;
  std::int64_t workers = 0;
};

// The simulated payment provider's own books.
struct PaymentTotals {
  std::int64_t payments = 0;
  std::int64_t declines = 0;
  std::int64_t refunds = 0;
  Money paid;
  Money refunded;
};

using Gauges = std::vector<std::pair<std::string, double>>;

struct Readings {
  const RequestNames* names = nullptr;
  RequestPicture requests;
  StoreStats store;
  Load load;
  PaymentTotals payments;
  HttpServerStats http;
  ProcessUsage process;
  SagaReadings saga = {};
  Gauges issuing = {};  // Of asynchronous coupon issue and its gate.
  Gauges stock = {};    // Of hot deals and their gate.
};

// Where readings come from. Implemented by the server; safe for concurrent use.
class Instruments {
 public:
  enum class Span : bool { kTotal, kWindow };

  virtual ~Instruments() = default;
  virtual Load load() const = 0;
  virtual Readings read(Span span) const = 0;
  virtual void start_window() = 0;
  // What is on its way between services, beside the requests; nothing where there are none.
  virtual Result<Backlog> backlog(Deadline) const { return Backlog(); }
  // The services that are needed here and do not answer elsewhere, asked now.
  virtual std::vector<MissingService> missing(Deadline) const { return {}; }
};

}  // namespace stampede::telemetry
