// The metrics page: every promised series, in the text format.

#include "core/telemetry/metrics_page.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace stampede::telemetry {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class MetricsPageTest : public testing::Test {
 protected:
  std::string page() {
    return metrics_page({.names = &recorder_.names(),
                         .requests = recorder_.total(),
                         .store = {.pool = {.active = 3, .idle = 13, .pending = 2, .timeouts = 1},
                                   .queries = {{.name = "take_stock",
                                                .count = 10,
                                                .mean = microseconds(20),
                                                .p95 = microseconds(50)}},
                                   .gauges = {{"wal_pages", 42}}},
                         .load = {.in_flight = 7, .queued = 5, .queue_capacity = 9, .workers = 2},
                         .payments = {.payments = 4, .declines = 1, .refunds = 2},
                         .http = {.connections = 8, .refused = 6, .malformed = 5},
                         .process = {.cpu_user = milliseconds(1500)}});
  }
  void expect_line(const std::string& line) {
    EXPECT_NE(("\n" + page()).find("\nstampede_" + line + "\n"), std::string::npos)
        << line << "\nis not in\n"
        << page();
  }

  RequestRecorder recorder_{{.routes = {"POST /orders"}, .outcomes = {"OK", "SOLD_OUT"}}};
};

TEST_F(MetricsPageTest, HasTheServersOwnNumbers) {
  expect_line("requests_in_flight 7");
  expect_line("queue_depth 5");
  expect_line("queue_capacity 9");
  expect_line("workers 2");
  expect_line("http_connections 8");
  expect_line("http_refused_connections_total 6");
  expect_line("pool_connections{state=\"active\"} 3");
  expect_line("pool_connections{state=\"idle\"} 13");
  expect_line("pool_pending 2");
  expect_line("pool_timeouts_total 1");
  expect_line("store_query_seconds_count{query=\"take_stock\"} 10");
  expect_line("store_query_seconds{query=\"take_stock\",quantile=\"0.95\"} 5e-05");
  expect_line("store_gauge{name=\"wal_pages\"} 42");
  expect_line("payments_total 4");
  expect_line("payment_refunds_total 2");
  expect_line("process_cpu_seconds_total 1.5");
}

TEST_F(MetricsPageTest, CountsLatencyByRouteAndOutcomeInCumulativeBuckets) {
  Phases phases;
  phases.add(Phase::kLock, milliseconds(4));
  phases.attempts = 2;
  for (const auto latency : {microseconds(40), microseconds(700), microseconds(60'000'000)}) {
    recorder_.record({.route = 0, .outcome = 1, .latency = latency, .phases = phases});
  }
  const std::string labels = "{route=\"POST /orders\",outcome=\"SOLD_OUT\"";
  expect_line("request_duration_seconds_count" + labels + "} 3");
  expect_line("request_duration_seconds_sum" + labels + "} 60.00074");
  expect_line("request_duration_seconds_bucket" + labels + ",le=\"5e-05\"} 1");
  expect_line("request_duration_seconds_bucket" + labels + ",le=\"0.001\"} 2");
  expect_line("request_duration_seconds_bucket" + labels + ",le=\"30\"} 2");
  expect_line("request_duration_seconds_bucket" + labels + ",le=\"+Inf\"} 3");
  expect_line("phase_duration_seconds_count{phase=\"lock\"} 3");
  expect_line("phase_duration_seconds_bucket{phase=\"lock\",le=\"0.005\"} 3");
  expect_line("phase_duration_seconds_count{phase=\"commit\"} 0");
  expect_line("attempts_total 6");
  expect_line("retries_total 3");
}

TEST_F(MetricsPageTest, ExplainsEachSeries) {
  const auto text = page();
  std::size_t types = 0;
  for (auto at = text.find("# TYPE "); at != std::string::npos; at = text.find("# TYPE ", at + 1)) {
    ++types;
    const auto name = text.substr(at + 7, text.find(' ', at + 7) - at - 7);
    EXPECT_NE(text.find("# HELP " + name + " "), std::string::npos) << name;
  }
  EXPECT_GE(types, 20U);
}

}  // namespace
}  // namespace stampede::telemetry
