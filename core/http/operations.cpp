// What an operator asks: is it alive, can it serve, how is it doing.

#include "core/http/route.hpp"
#include "core/telemetry/metrics_page.hpp"

namespace stampede::http {

Answer answer_health(const Call&) { return succeed(200, R"({"status":"up"})"); }

Answer answer_readiness(const Call& call) {
  for (auto* store : call.services.stores.all()) {
    const auto ready = store->ping(call.context.deadline);
    if (ready) continue;
    return {.problem = &problem_for(ErrorCode::kUnavailable),
            .detail = "The store does not answer",
            .internal = ready.error().message};
  }
  const auto missing = call.services.instruments.missing(call.context.deadline);
  if (!missing.empty()) {
    std::string services;
    for (const auto& one : missing) services += (services.empty() ? "" : ", ") + one.service;
    return {.problem = &problem_for(ErrorCode::kUnavailable),
            .detail = "No answer from other processes' services: " + services,
            .internal = missing.front().why};
  }
  return succeed(200, R"({"status":"ready"})");
}

Answer answer_metrics(const Call& call) {
  using Span = telemetry::Instruments::Span;
  return {.status = 200,
          .body = telemetry::metrics_page(call.services.instruments.read(Span::kTotal)),
          .content_type = telemetry::kMetricsContentType};
}

}  // namespace stampede::http
