// What the services did, counted, timed and logged: one line for each event that a service handled,
// sampled with the request that began it. Safe for concurrent use; outlives the services.

#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/entities.hpp"
#include "core/api/event.hpp"
#include "core/telemetry/log.hpp"
#include "core/telemetry/saga_readings.hpp"

namespace stampede::saga {

class Journal {
 public:
  using Index = std::size_t;  // Of a service, in the order of the names.

  // `log` outlives the journal.
  Journal(telemetry::Log& log, std::vector<std::string> services);

  // An event took effect, or was seen to have done so before. `note` says what came of it.
  struct Handled {
    const Event& event;
    std::string_view order;  // "" when it is about none.
    std::string_view note;
    bool duplicate = false;
    std::chrono::nanoseconds took{0};
  };
  void handled(Index service, const Handled& line);
  void retried(Index service, const Event& event, const Error& error);
  void dead_letter(Index service, const Event& event, const Error& error);
  void published(Index service, std::int64_t count);

  // A published event that the relay was told of so long ago.
  void publish_took(std::chrono::nanoseconds took);
  void coupon_marked(std::chrono::nanoseconds took);
  void order_final(const Order& order, std::chrono::nanoseconds took);
  // An order was accepted, under this correlation id.
  void order_accepted(const Order& order, std::string_view correlation);

  // Something that is nobody's event went wrong, for example a relay's round.
  void fault(Index service, std::string_view what, const Error& error);

  // The timings since start_window() when `window`, else since the start; counts always since the
  // start. Without the transport's own.
  telemetry::SagaReadings read(bool window) const;
  void start_window();

  // How many events were handled and published since the start.
  std::int64_t events() const;

 private:
  struct Timings {
    telemetry::Timing order_final;
    telemetry::Timing coupon_marked;
    telemetry::Timing publish;

    void merge(const Timings& other);
  };

  telemetry::Log& log_;
  mutable std::mutex mutex_;
  std::vector<telemetry::ServiceCounts> counts_;
  Timings window_;
  Timings past_;
  std::int64_t completed_ = 0;
  std::int64_t failed_ = 0;
  std::int64_t timed_out_ = 0;
};

}  // namespace stampede::saga
