// A Transport carries events between services: on the caller's thread ("inline"), by calls ("http")
// or through a broker ("kafka"). Services cannot tell which, except that a synchronous one has had
// the events handled when publish() returns.
//
// Delivery is at least once, and in order among events of equal topic and key; a handler removes
// duplicates by Event::id. Subscriptions are made before start(). Safe for concurrent use.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api/event.hpp"
#include "core/api/operation.hpp"
#include "core/api/result.hpp"

namespace stampede {

// Handles events of one topic, in order, all or none. An error makes the transport deliver them
// again later: kInvalid never comes back from here, the service puts such events aside itself.
// The deadline is that of the call that delivers them. Called on the transport's threads, or in
// publish(); calls for one service may overlap unless the events share a key.
using BatchHandler = std::function<Result<void>(std::span<const Event> events, Deadline deadline)>;

// How far one service is behind on what was published for it.
struct TransportLag {
  std::string service;
  std::string topic;
  std::int64_t events = 0;
};

struct TransportStats {
  std::int64_t published = 0;    // Events taken by publish(), since the start.
  std::int64_t delivered = 0;    // Handled without an error.
  std::int64_t redelivered = 0;  // Delivered again after an error.
  // Measured after stats() was called; at least 1 where that is not to be had.
  std::vector<TransportLag> lags;
  std::vector<std::pair<std::string, double>> gauges;  // Of its own, for example "queue_bytes".
};

// The power of a transport whose events come in by HTTP: the server that hosts the services has the
// listener, answers GET /events with subscriptions(), and hands the body of each POST
// /events/{service} over. Safe for concurrent use.
class EventDoor {
 public:
  virtual ~EventDoor() = default;

  // Where the listener is, "http://127.0.0.1:40123". Once, before Transport::start().
  virtual void opened_at(std::string url) = 0;

  // For the transports of other processes, in words of their own.
  virtual std::string subscriptions() const = 0;

  // Returns once the events were handled. kInvalid when the body is not what publish() sends;
  // kNotFound when the service or its topic has no subscription here; kUnavailable before start()
  // and after stop().
  virtual Result<void> receive(std::string_view service, std::string_view body,
                               Deadline deadline) = 0;
};

// What a call carries beside its body: the milliseconds that its caller still waits.
inline constexpr char kTimeoutHeader[] = "X-Stampede-Timeout-Ms";

class Transport {
 public:
  virtual ~Transport() = default;  // Calls stop().

  // Whether publish() returns only after the events were handled by all who subscribed.
  virtual bool synchronous() const = 0;

  // `service` is who wants the topic; instances of one service share its events among them.
  virtual Result<void> subscribe(std::string_view topic, std::string_view service,
                                 BatchHandler handler) = 0;

  // Delivers from now on. kUnavailable when the broker cannot be reached.
  virtual Result<void> start() = 0;

  // Returns once every event is handled, or acknowledged by the broker. On an error none, some or
  // all were taken: publish all of them again. Events nobody subscribed to are taken and dropped.
  // Errors: kTimeout, kOverloaded, kUnavailable, or what a handler returned.
  virtual Result<void> publish(std::span<const Event> events, Deadline deadline) = 0;

  // Finishes the deliveries under way; none begins afterwards. Idempotent.
  virtual void stop() noexcept = 0;

  virtual TransportStats stats() const = 0;

  // Null when the transport needs no listener. Lives as long as the transport.
  virtual EventDoor* door() { return nullptr; }
};

}  // namespace stampede
