// The API as a function from requests to responses: finds the route, checks what every request has
// in common, runs the handler, and writes the headers that every response has. Knows nothing of
// threads; the server decides where answer() runs. Safe for concurrent use.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/api/http_server.hpp"
#include "core/http/answer.hpp"
#include "core/http/route.hpp"
#include "core/http/router.hpp"
#include "core/telemetry/request_recorder.hpp"

namespace stampede::http {

struct ApiOptions {
  bool admin = false;      // Whether the admin routes exist.
  std::uint64_t seed = 0;  // Of the correlation ids made here.
};

class Api {
 public:
  Api(Services services, ApiOptions options);

  RouteMatch match(const HttpRequest& request) const {
    return router_.match(request.method, request.path);
  }

  // The client's X-Correlation-Id when it is well formed, else `made`, filled with a new one.
  std::string_view correlation_of(const HttpRequest& request, std::string& made);

  // Runs the handler of a match that was found. Whatever it throws becomes INTERNAL.
  Answer answer(const HttpRequest& request, const RouteMatch& match, Context& context,
                std::string_view correlation) const noexcept;

  // The answer to a match that was not found.
  static Answer answer_unmatched(const RouteMatch& match);

 private:
  bool hosts(saga::Area service) const { return hosted_.test(saga::index_of(service)); }

  const Services services_;
  const saga::Areas hosted_;
  const Router router_;
  std::atomic<std::uint64_t> next_correlation_;
};

// When a request came in, on the clock that X-Stampede-Received counts on.
struct Receipt {
  std::chrono::steady_clock::time_point server_started;
  std::chrono::steady_clock::time_point received;
};

// The response with X-Correlation-Id, Server-Timing, X-Stampede-Received, and what the problem
// asks for.
HttpResponse respond(Answer answer, std::string_view correlation, const Phases& phases,
                     const Receipt& receipt);

// "queue;dur=0.123, lock;dur=4.5, hold;dur=5.1, attempts;desc=\"2\"": milliseconds, and only what
// is not zero. "" when nothing is.
std::string server_timing(const Phases& phases);

// The names of routes and outcomes for the recorder, and the indices it is told.
telemetry::RequestNames request_names();
std::size_t route_index(const RouteMatch& match);  // Unmatched requests share one.
std::size_t outcome_index(const Answer& answer);

}  // namespace stampede::http
