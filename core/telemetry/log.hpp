// The server's log: one JSON object a line, to standard error or to a file. Lines about requests
// can be sampled: by correlation id, so that a request is logged everywhere or nowhere.
//
// Safe for concurrent use. Writing a line never fails a request: a full disk loses lines.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede::telemetry {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };
enum class RequestLogging : std::uint8_t { kOff, kSampled, kAll };

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  RequestLogging requests = RequestLogging::kSampled;
  double sample = 0.01;  // 0..1: the share of requests logged when sampled.
  std::string file;      // Appended to; "" is standard error.
};

struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

// What is said about one request. Views: they only have to outlive the call.
struct RequestLine {
  std::string_view correlation;
  std::string_view method;
  std::string_view route;  // "POST /orders"
  int status = 0;
  std::string_view outcome;  // "OK", or a problem's code.
  bool failed = false;       // The platform's own fault: logged unless request logging is off.
  std::string_view message;  // Of the error, or "".
  std::chrono::nanoseconds latency{0};
  const Phases& phases;
};

// What is said about one step of an order's saga. Views, as above.
struct SagaLine {
  std::string_view correlation;
  std::string_view service;
  std::string_view topic;  // Of the event that was handled, or the request that began it all.
  std::string_view order;  // "" when it is about none.
  std::string_view note;   // What came of it: "PAYMENT_SUCCESSFUL", "refunded".
  std::chrono::nanoseconds took{0};
};

class Log {
 public:
  // What takes secrets out of a text. Called from any thread.
  using Redact = std::function<std::string(std::string)>;

  // kInvalid when the file cannot be opened for writing. `redact`, if there is one, is applied to
  // every text of an event and to every request's message.
  static Result<std::unique_ptr<Log>> open(const LogOptions& options, Redact redact = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // {"timestamp":"2026-01-31T12:00:00.000000Z","level":"info","event":"started",...}, flushed.
  void event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

  // Whether request() would write a line. Cheap.
  bool wants(std::string_view correlation, bool failed) const;
  void request(const RequestLine& line);

  // {...,"event":"saga","correlation":..,"service":..,"topic":..,"orderId":..,"note":..,"tookMs":..}
  // for the steps of those requests that are logged themselves.
  void saga(const SagaLine& line);

 private:
  struct Parts;
  explicit Log(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace stampede::telemetry
