#include "core/server/event_listener.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "core/http/problem.hpp"
#include "core/saga/outbox.hpp"

namespace stampede::server {

namespace {

constexpr std::string_view kPath = "/events";
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

}  // namespace

Result<std::unique_ptr<EventListener>> EventListener::start(std::unique_ptr<HttpServer> front,
                                                            EventDoor& door, std::size_t threads) {
  std::unique_ptr<EventListener> listener(new EventListener(std::move(front), door, threads));
  HttpServerOptions options;
  options.max_body_bytes = kMostBytes;
  const auto listening = listener->front_->start(
      options, [at = listener.get()](const HttpRequest& request, Responder responder) {
        at->take(request, std::move(responder));
      });
  if (!listening) return Unexpected(listening.error());
  door.opened_at("http://" + options.address + ":" + std::to_string(listener->front_->port()));
  return listener;
}

EventListener::EventListener(std::unique_ptr<HttpServer> front, EventDoor& door,
                             std::size_t threads)
    : door_(door),
      front_(std::move(front)),
      pool_(threads, kQueue, [this](Job& job) { run(job); }) {}

EventListener::~EventListener() { front_->stop(); }

void EventListener::take(const HttpRequest& request, Responder responder) {
  if (!open_) {
    responder.send(refuse({ErrorCode::kUnavailable, "the services are starting"}));
    return;
  }
  if (request.method == "GET" && request.path == kPath) {
    HttpResponse response;
    response.body = door_.subscriptions();
    responder.send(std::move(response));
    return;
  }
  if (request.method != "POST" || !request.path.starts_with(kPath) ||
      request.path.size() <= kPath.size() + 1 || request.path[kPath.size()] != '/') {
    responder.send(refuse({ErrorCode::kNotFound, "expected POST /events/{service}"}));
    return;
  }
  Job job{request, std::move(responder)};
  if (!pool_.try_submit(std::move(job))) {
    // NOLINTNEXTLINE(bugprone-use-after-move): untouched when it was not taken.
    job.responder.send(refuse({ErrorCode::kOverloaded, "too many calls wait for a thread"}));
  }
}

void EventListener::run(Job& job) {
  const auto deadline = deadline_of(job.request);
  const auto service = job.request.path.substr(kPath.size() + 1);
  saga::Outbox::Later later;
  const auto done = door_.receive(service, job.request.body, deadline);
  HttpResponse response;
  response.status = 204;
  job.responder.send(done ? std::move(response) : refuse(done.error()));
  later.publish();
}

}  // namespace stampede::server
