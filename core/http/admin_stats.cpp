// The server's own measurements, for the bench: over the window that POST /admin/window began.

#include <chrono>
#include <utility>

#include "core/http/json_writer.hpp"
#include "core/http/route.hpp"

namespace stampede::http {

namespace {

using telemetry::Instruments;
using telemetry::Readings;
using telemetry::Timing;

double microseconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) * 1e-3;
}

void write_summary(JsonWriter& json, const Timing& timing) {
  const auto& histogram = timing.histogram;
  json.key("count").integer(static_cast<std::int64_t>(histogram.count()));
  json.key("meanUs").real(microseconds(histogram.mean()));
  json.key("p50Us").real(microseconds(histogram.quantile(0.5)));
  json.key("p95Us").real(microseconds(histogram.quantile(0.95)));
  json.key("p99Us").real(microseconds(histogram.quantile(0.99)));
  json.key("maxUs").real(microseconds(histogram.max()));
}

void write_requests(JsonWriter& json, const Readings& readings) {
  json.key("routes").begin_array();
  for (const auto& series : readings.requests.latencies) {
    json.begin_object();
    json.key("route").text(readings.names->routes[series.route]);
    json.key("outcome").text(readings.names->outcomes[series.outcome]);
    write_summary(json, series.latency);
    json.end_object();
  }
  json.end_array();
  json.key("phases").begin_object();
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    json.key(kPhaseNames.at(i)).begin_object();
    write_summary(json, readings.requests.phases.at(i));
    json.end_object();
  }
  json.end_object();
  json.key("lockHold").begin_object();
  write_summary(json, readings.requests.lock_hold);
  json.end_object();
  json.key("attempts").integer(static_cast<std::int64_t>(readings.requests.attempts));
  json.key("retries").integer(static_cast<std::int64_t>(readings.requests.retries));
}

void write_load(JsonWriter& json, const telemetry::Load& load) {
  json.key("inFlight").integer(load.in_flight);
  json.key("queued").integer(load.queued);
  json.key("queueCapacity").integer(load.queue_capacity);
  json.key("workers").integer(load.workers);
}

void write_gauges(JsonWriter& json, const telemetry::Gauges& gauges) {
  json.begin_array();
  for (const auto& [name, value] : gauges) {
    json.begin_object();
    json.key("name").text(name);
    json.key("value").real(value);
    json.end_object();
  }
  json.end_array();
}

void write_store(JsonWriter& json, const StoreStats& stats) {
  json.key("store").begin_object();
  json.key("pool").begin_object();
  json.key("active").integer(stats.pool.active);
  json.key("idle").integer(stats.pool.idle);
  json.key("pending").integer(stats.pool.pending);
  json.key("timeouts").integer(stats.pool.timeouts);
  json.end_object();
  json.key("queries").begin_array();
  for (const auto& query : stats.queries) {
    json.begin_object();
    json.key("name").text(query.name);
    json.key("count").integer(query.count);
    json.key("meanUs").real(microseconds(query.mean));
    json.key("p95Us").real(microseconds(query.p95));
    json.end_object();
  }
  json.end_array();
  json.key("gauges");
  write_gauges(json, stats.gauges);
  json.end_object();
}

void write_payments(JsonWriter& json, const telemetry::PaymentTotals& totals) {
  json.key("payments").begin_object();
  json.key("paidCount").integer(totals.payments);
  json.key("paidAmount").integer(totals.paid.minor);
  json.key("refundedCount").integer(totals.refunds);
  json.key("refundedAmount").integer(totals.refunded.minor);
  json.key("declinedCount").integer(totals.declines);
  json.end_object();
}

void write_saga(JsonWriter& json, const telemetry::SagaReadings& saga) {
  json.key("saga").begin_object();
  json.key("completed").integer(saga.completed);
  json.key("failed").integer(saga.failed);
  json.key("timedOut").integer(saga.timed_out);
  for (const auto& [name, timing] :
       {std::pair("orderFinal", &saga.order_final), std::pair("couponMarked", &saga.coupon_marked),
        std::pair("publish", &saga.publish)}) {
    json.key(name).begin_object();
    write_summary(json, *timing);
    json.end_object();
  }
  json.key("services").begin_array();
  for (const auto& counts : saga.services) {
    json.begin_object();
    json.key("service").text(counts.service);
    json.key("handled").integer(counts.handled);
    json.key("duplicates").integer(counts.duplicates);
    json.key("retries").integer(counts.retries);
    json.key("deadLetters").integer(counts.dead_letters);
    json.key("published").integer(counts.published);
    if (counts.dead_letters > 0) json.key("lastDeadLetter").text(counts.last_dead_letter);
    json.end_object();
  }
  json.end_array();
  json.key("transport").begin_object();
  json.key("published").integer(saga.transport.published);
  json.key("delivered").integer(saga.transport.delivered);
  json.key("redelivered").integer(saga.transport.redelivered);
  json.key("lags").begin_array();
  for (const auto& lag : saga.transport.lags) {
    json.begin_object();
    json.key("service").text(lag.service);
    json.key("topic").text(lag.topic);
    json.key("events").integer(lag.events);
    json.end_object();
  }
  json.end_array();
  json.key("gauges").begin_array();
  for (const auto& [name, value] : saga.transport.gauges) {
    json.begin_object();
    json.key("name").text(name);
    json.key("value").real(value);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.end_object();
}

void write_process(JsonWriter& json, const telemetry::ProcessUsage& usage) {
  const auto seconds = [](auto duration) {
    return std::chrono::duration<double>(duration).count();
  };
  json.key("process").begin_object();
  json.key("cpuUserSeconds").real(seconds(usage.cpu_user));
  json.key("cpuSystemSeconds").real(seconds(usage.cpu_system));
  json.key("cpuSeconds").real(seconds(usage.cpu_user + usage.cpu_system));
  json.key("residentBytes").integer(usage.resident_bytes);
  json.key("peakResidentBytes").integer(usage.peak_resident_bytes);
  json.key("voluntarySwitches").integer(usage.voluntary_switches);
  json.key("involuntarySwitches").integer(usage.involuntary_switches);
  json.end_object();
}

}  // namespace

Answer answer_stats(const Call& call) {
  const auto readings = call.services.instruments.read(Instruments::Span::kWindow);
  std::string body;
  body.reserve(8192);
  JsonWriter json(body);
  json.begin_object();
  write_load(json, readings.load);
  write_requests(json, readings);
  write_store(json, readings.store);
  write_payments(json, readings.payments);
  if (!readings.saga.services.empty()) write_saga(json, readings.saga);
  json.key("issuing");
  write_gauges(json, readings.issuing);
  json.key("stock");
  write_gauges(json, readings.stock);
  json.key("http").begin_object();
  json.key("connections").integer(readings.http.connections);
  json.key("refusedConnections").integer(readings.http.refused);
  json.key("malformedRequests").integer(readings.http.malformed);
  json.end_object();
  write_process(json, readings.process);
  json.end_object();
  return succeed(200, std::move(body));
}

Answer start_window(const Call& call) {
  call.services.instruments.start_window();
  return succeed(200, R"({"started":true})");
}

// Quiet: nothing is on its way through the server or between its services, so what a client has
// been told is all there is, and all of it is final.
Answer answer_quiet(const Call& call) {
  const auto load = call.services.instruments.load();
  const auto backlog = call.services.instruments.backlog(call.context.deadline);
  if (!backlog) return refuse(backlog.error());
  const bool settled = backlog->outbox == 0 && backlog->lag == 0 && backlog->open_sagas == 0;
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("quiet").boolean(load.in_flight == 0 && load.queued == 0 && settled);
  json.key("inFlight").integer(load.in_flight);
  json.key("queued").integer(load.queued);
  json.key("outbox").integer(backlog->outbox);
  json.key("lag").integer(backlog->lag);
  json.key("openSagas").integer(backlog->open_sagas);
  json.key("events").integer(backlog->events);
  json.end_object();
  return succeed(200, std::move(body));
}

}  // namespace stampede::http
