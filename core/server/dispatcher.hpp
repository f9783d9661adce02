// Takes every request from the front door to its answer: at once on the I/O thread, on a worker, or
// beside the workers, as the route says. Measures, counts and logs each.
//
// handle() is safe for concurrent use and never blocks. What is passed in outlives the dispatcher;
// the front door is stopped before it is destroyed.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "core/api/http_server.hpp"
#include "core/http/api.hpp"
#include "core/server/worker_pool.hpp"
#include "core/telemetry/log.hpp"
#include "core/telemetry/readings.hpp"
#include "core/telemetry/request_recorder.hpp"

namespace stampede::server {

struct DispatcherOptions {
  std::size_t workers = 16;
  std::size_t queue = 1'024;
  std::chrono::nanoseconds timeout{std::chrono::seconds(5)};  // From receipt to deadline.
};

class Dispatcher {
 public:
  Dispatcher(http::Api& api, telemetry::RequestRecorder& recorder, telemetry::Log& log,
             const DispatcherOptions& options);

  void handle(const HttpRequest& request, Responder responder);

  telemetry::Load load() const;

  // Waits until no request is on its way, or until the deadline; says whether there is none.
  bool wait_until_quiet(std::chrono::steady_clock::time_point deadline);

 private:
  struct Job {
    HttpRequest request;
    http::RouteMatch match;
    Responder responder;
  };

  void run_on_worker(Job& job);
  void run_beside(Job& job);
  void run(Job& job, Context& context);
  void answer(Job& job, http::Answer answer, std::string_view correlation, const Phases& phases);
  void answer_overload(Job& job);
  void leave();

  http::Api& api_;
  telemetry::RequestRecorder& recorder_;
  telemetry::Log& log_;
  const std::chrono::nanoseconds timeout_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<std::int64_t> in_flight_{0};
  std::mutex quiet_mutex_;
  std::condition_variable quiet_;
  WorkerPool<Job> beside_;  // Last: their threads use all of the above.
  WorkerPool<Job> workers_;
};

}  // namespace stampede::server
