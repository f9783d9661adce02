#include "core/telemetry/metrics_page.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace stampede::telemetry {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// Upper bounds in seconds: three or four to a decade, from in-memory work to a request's deadline.
constexpr std::array kBounds{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
                             50e-3, 100e-3, 250e-3, 500e-3, 1.0,  2.5,    5.0,  10.0,  30.0};

std::string text_of(std::string_view view) { return std::string(view); }

class Page {
 public:
  MetricFamily& family(std::string name, std::string help, MetricType type) {
    return families_.emplace_back(
        MetricFamily{"stampede_" + std::move(name), std::move(help), type, {}});
  }

  void gauge(std::string name, std::string help, double value) {
    ClientMetric metric;
    metric.gauge.value = value;
    family(std::move(name), std::move(help), MetricType::Gauge).metric.push_back(metric);
  }

  void counter(std::string name, std::string help, double value) {
    ClientMetric metric;
    metric.counter.value = value;
    family(std::move(name), std::move(help), MetricType::Counter).metric.push_back(metric);
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

// A bucket of the finer histogram counts where its lowest value lies, at most 0.8 % too early.
ClientMetric histogram_of(const Timing& timing, Labels labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.histogram.sample_count = timing.histogram.count();
  metric.histogram.sample_sum = timing.sum_seconds;
  std::array<std::uint64_t, kBounds.size()> counts{};
  timing.histogram.for_each([&](std::int64_t lowest_ns, std::uint64_t count) {
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      if (static_cast<double>(lowest_ns) * 1e-9 <= kBounds.at(i)) {
        counts.at(i) += count;
        return;
      }
    }
  });
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    seen += counts.at(i);
    metric.histogram.bucket.push_back({seen, kBounds.at(i)});
  }
  metric.histogram.bucket.push_back(
      {timing.histogram.count(), std::numeric_limits<double>::infinity()});
  return metric;
}

void add_requests(Page& page, const Readings& readings) {
  auto& latency = page.family("request_duration_seconds",
                              "From the receipt of a request to its answer, by route and outcome.",
                              MetricType::Histogram);
  for (const auto& series : readings.requests.latencies) {
    latency.metric.push_back(histogram_of(
        series.latency, {{"route", text_of(readings.names->routes[series.route])},
                         {"outcome", text_of(readings.names->outcomes[series.outcome])}}));
  }
  auto& phases = page.family("phase_duration_seconds",
                             "Time of a request in one phase, over the requests that had it.",
                             MetricType::Histogram);
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    phases.metric.push_back(
        histogram_of(readings.requests.phases.at(i), {{"phase", text_of(kPhaseNames.at(i))}}));
  }
  page.family("lock_hold_seconds", "From a lock's acquisition to its release.",
              MetricType::Histogram)
      .metric.push_back(histogram_of(readings.requests.lock_hold, {}));
  page.counter("attempts_total", "How often the work of a request was run.",
               static_cast<double>(readings.requests.attempts));
  page.counter("retries_total", "How often the work of a request was run again.",
               static_cast<double>(readings.requests.retries));
}

void add_load(Page& page, const Readings& readings) {
  page.gauge("requests_in_flight", "Requests received and not yet answered.",
             static_cast<double>(readings.load.in_flight));
  page.gauge("queue_depth", "Requests waiting for a worker.",
             static_cast<double>(readings.load.queued));
  page.gauge("queue_capacity", "How many requests may wait; further ones are answered 503.",
             static_cast<double>(readings.load.queue_capacity));
  page.gauge("workers", "Threads that run requests.", static_cast<double>(readings.load.workers));
  page.gauge("http_connections", "Open connections.",
             static_cast<double>(readings.http.connections));
  page.counter("http_refused_connections_total", "Connections over the cap, closed at once.",
               static_cast<double>(readings.http.refused));
  page.counter("http_malformed_requests_total", "Requests the front door itself refused.",
               static_cast<double>(readings.http.malformed));
  page.counter("payments_total", "Payments made.", static_cast<double>(readings.payments.payments));
  page.counter("payment_declines_total", "Payments declined.",
               static_cast<double>(readings.payments.declines));
  page.counter("payment_refunds_total", "Payments given back.",
               static_cast<double>(readings.payments.refunds));
}

void add_store(Page& page, const StoreStats& stats) {
  auto& pool = page.family("pool_connections", "Connections or read views of the store, by state.",
                           MetricType::Gauge);
  for (const auto& [state, count] :
       {std::pair("active", stats.pool.active), std::pair("idle", stats.pool.idle)}) {
    ClientMetric metric;
    metric.label = {{"state", state}};
    metric.gauge.value = static_cast<double>(count);
    pool.metric.push_back(metric);
  }
  page.gauge("pool_pending", "Callers waiting for a connection or a read view.",
             static_cast<double>(stats.pool.pending));
  page.counter("pool_timeouts_total", "Callers that waited in vain.",
               static_cast<double>(stats.pool.timeouts));
  auto& queries = page.family("store_query_seconds", "Time of each named query of the store.",
                              MetricType::Summary);
  for (const auto& query : stats.queries) {
    ClientMetric metric;
    metric.label = {{"query", query.name}};
    metric.summary.sample_count = static_cast<std::uint64_t>(query.count);
    metric.summary.sample_sum =
        std::chrono::duration<double>(query.mean).count() * static_cast<double>(query.count);
    metric.summary.quantile = {{0.95, std::chrono::duration<double>(query.p95).count()}};
    queries.metric.push_back(metric);
  }
  auto& gauges =
      page.family("store_gauge", "What this kind of store says about itself.", MetricType::Gauge);
  for (const auto& [name, value] : stats.gauges) {
    ClientMetric metric;
    metric.label = {{"name", name}};
    metric.gauge.value = value;
    gauges.metric.push_back(metric);
  }
}

void add_saga(Page& page, const SagaReadings& saga) {
  for (const auto& [name, help, timing] :
       {std::tuple("saga_order_final_seconds", "From an order's acceptance to its final state.",
                   &saga.order_final),
        std::tuple("saga_coupon_marked_seconds",
                   "From ORDER_COMPLETED to the mark on the user's coupon.", &saga.coupon_marked),
        std::tuple("saga_publish_seconds", "From a commit to the transport's word.",
                   &saga.publish)}) {
    page.family(name, help, MetricType::Histogram).metric.push_back(histogram_of(*timing, {}));
  }
  page.counter("saga_orders_completed_total", "Orders completed.",
               static_cast<double>(saga.completed));
  page.counter("saga_orders_failed_total", "Orders failed, for any reason.",
               static_cast<double>(saga.failed));
  page.counter("saga_orders_timed_out_total", "Orders given up because their saga stood still.",
               static_cast<double>(saga.timed_out));
  auto& events = page.family("saga_events_total", "Events of each service, by what became of them.",
                             MetricType::Counter);
  for (const auto& counts : saga.services) {
    for (const auto& [what, count] :
         {std::pair("handled", counts.handled), std::pair("duplicate", counts.duplicates),
          std::pair("retried", counts.retries), std::pair("dead_letter", counts.dead_letters),
          std::pair("published", counts.published)}) {
      ClientMetric metric;
      metric.label = {{"service", counts.service}, {"outcome", what}};
      metric.counter.value = static_cast<double>(count);
      events.metric.push_back(metric);
    }
  }
  page.counter("transport_published_total", "Events taken by the transport.",
               static_cast<double>(saga.transport.published));
  page.counter("transport_delivered_total", "Events handled without an error.",
               static_cast<double>(saga.transport.delivered));
  page.counter("transport_redelivered_total", "Events delivered again after an error.",
               static_cast<double>(saga.transport.redelivered));
  auto& lags = page.family("transport_lag", "Events published for a service and not yet handled.",
                           MetricType::Gauge);
  for (const auto& lag : saga.transport.lags) {
    ClientMetric metric;
    metric.label = {{"service", lag.service}, {"topic", lag.topic}};
    metric.gauge.value = static_cast<double>(lag.events);
    lags.metric.push_back(metric);
  }
}

void add_gauges(Page& page, const std::string& name, const std::string& help,
                const Gauges& gauges) {
  auto& family = page.family(name, help, MetricType::Gauge);
  for (const auto& [gauge, value] : gauges) {
    ClientMetric metric;
    metric.label = {{"name", gauge}};
    metric.gauge.value = value;
    family.metric.push_back(metric);
  }
}

void add_process(Page& page, const ProcessUsage& usage) {
  page.counter("process_cpu_seconds_total", "CPU time used, in user and in kernel mode.",
               std::chrono::duration<double>(usage.cpu_user + usage.cpu_system).count());
  page.gauge("process_resident_bytes", "Memory in use.", static_cast<double>(usage.resident_bytes));
  page.counter("process_voluntary_switches_total", "Times a thread gave the CPU up to wait.",
               static_cast<double>(usage.voluntary_switches));
  page.counter("process_involuntary_switches_total", "Times a thread had to give the CPU up.",
               static_cast<double>(usage.involuntary_switches));
}

}  // namespace

std::string metrics_page(const Readings& readings) {
  Page page;
  add_requests(page, readings);
  add_load(page, readings);
  add_store(page, readings.store);
  if (!readings.saga.services.empty()) add_saga(page, readings.saga);
  add_gauges(page, "issuing",
             "Asynchronous coupon issue: requests by what became of them, and what the gate says "
             "about itself.",
             readings.issuing);
  add_gauges(page, "stock",
             "Hot deals: orders by what became of them, and what the gate says about itself.",
             readings.stock);
  add_process(page, readings.process);
  return page.text();
}

}  // namespace stampede::telemetry
