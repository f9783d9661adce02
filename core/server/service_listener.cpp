#include "core/server/service_listener.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "core/calls/wire.hpp"
#include "core/http/decode.hpp"
#include "core/http/problem.hpp"
#include "core/saga/outbox.hpp"

namespace stampede::server {

namespace {

constexpr std::string_view kEvents = "/events";
constexpr std::size_t kQueue = 10'000;
constexpr std::size_t kMostBytes = std::size_t{16} << 20U;  // Of one call: many events.
constexpr std::chrono::milliseconds kLongest{60'000};

HttpResponse refuse(const Error& error) {
  const auto& problem = http::problem_for(error.code);
  return {.status = problem.status,
          .body = http::problem_body(problem, error.message, ""),
          .content_type = "application/problem+json",
          .headers = {},
          .close = false};
}

// How long the caller still waits.
Deadline deadline_of(const HttpRequest& request) {
  const auto text = request.header(kTimeoutHeader);
  std::int64_t left = kLongest.count();
  std::from_chars(text.data(), text.data() + text.size(), left);
  const std::chrono::milliseconds patience(left);
  return request.received + std::clamp(patience, std::chrono::milliseconds(0), kLongest);
}

// What stands behind `before` in the path; "" when nothing does.
std::string_view behind(std::string_view path, std::string_view before) {
  return path.starts_with(before) ? path.substr(before.size()) : std::string_view();
}

// What is not well formed is not passed on: it ends up in a log.
std::string_view correlation_of(const HttpRequest& request) {
  const auto given = request.header("X-Correlation-Id");
  return http::is_correlation(given) ? given : std::string_view();
}

}  // namespace

Result<std::unique_ptr<ServiceListener>> ServiceListener::start(std::unique_ptr<HttpServer> front,
                                                                const Behind& behind,
                                                                const Options& options) {
  std::unique_ptr<ServiceListener> listener(
      new ServiceListener(std::move(front), behind, options.threads));
  HttpServerOptions http;
  http.address = options.address;
  http.port = options.port;
  http.max_body_bytes = kMostBytes;
  const auto listening = listener->front_->start(
      http, [at = listener.get()](const HttpRequest& request, Responder responder) {
        at->take(request, std::move(responder));
      });
  if (!listening) return Unexpected(listening.error());
  listener->url_ = "http://" + http.address + ":" + std::to_string(listener->front_->port());
  if (behind.door != nullptr) behind.door->opened_at(listener->url_);
  return listener;
}

ServiceListener::ServiceListener(std::unique_ptr<HttpServer> front, const Behind& behind,
                                 std::size_t threads)
    : behind_(behind),
      front_(std::move(front)),
      pool_(threads, kQueue, [this](Job& job) { run(job); }) {}

ServiceListener::~ServiceListener() { front_->stop(); }

// Who is here is said at once, also when all threads are busy.
void ServiceListener::take(const HttpRequest& request, Responder responder) {
  if (!open_) {
    responder.send(refuse({ErrorCode::kUnavailable, "the services are starting"}));
    return;
  }
  if (request.method == "GET" && request.path == calls::kServicesPath) {
    HttpResponse response;
    response.body = behind_.desk.services();
    responder.send(std::move(response));
    return;
  }
  if (request.method == "GET" && request.path == kEvents && behind_.door != nullptr) {
    HttpResponse response;
    response.body = behind_.door->subscriptions();
    responder.send(std::move(response));
    return;
  }
  Job job{request, std::move(responder)};
  if (!pool_.try_submit(std::move(job))) {
    // NOLINTNEXTLINE(bugprone-use-after-move): untouched when it was not taken.
    job.responder.send(refuse({ErrorCode::kOverloaded, "too many calls wait for a thread"}));
  }
}

void ServiceListener::run(Job& job) {
  saga::Outbox::Later later;
  auto response = answer(job.request);
  job.responder.send(response ? *std::move(response) : refuse(response.error()));
  later.publish();
}

Result<HttpResponse> ServiceListener::answer(const HttpRequest& request) {
  const auto deadline = deadline_of(request);
  HttpResponse response;
  if (request.method == "POST") {
    if (const auto call = behind(request.path, calls::kCallsPath); !call.empty()) {
      auto body = behind_.desk.answer(call, request.body, correlation_of(request), deadline);
      if (!body) return Unexpected(body.error());
      response.body = *std::move(body);
      return response;
    }
    const auto service = behind(request.path, "/events/");
    if (behind_.door != nullptr && !service.empty()) {
      auto received = behind_.door->receive(service, request.body, deadline);
      if (!received) return Unexpected(received.error());
      response.status = 204;
      return response;
    }
  }
  return fail(ErrorCode::kNotFound,
              behind_.door == nullptr
                  ? "expected POST /calls/{name}; no transport takes events here"
                  : "expected POST /calls/{name} or POST /events/{service}");
}

}  // namespace stampede::server
