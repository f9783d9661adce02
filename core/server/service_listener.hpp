// Where other processes' services, and transports with a door, reach the services of this one: a
// listener of its own, with threads of its own, so that a call between services never waits for a
// worker that waits for that call.
//
//   GET /services, POST /calls/{name}      what other services ask: see core/calls
//   GET /events, POST /events/{service}    the transport's door, where it has one
//
// Events are answered for once they are handled; what the handlers tell in turn is published after
// the answer, so that a saga of many steps holds two threads at a time and not one for each step.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/api/http_server.hpp"
#include "core/api/transport.hpp"
#include "core/calls/desk.hpp"
#include "core/server/worker_pool.hpp"

namespace stampede::server {

class ServiceListener {
 public:
  // Both outlive the listener.
  struct Behind {
    calls::Desk& desk;
    EventDoor* door = nullptr;  // Null when the transport has none.
  };
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one.
    std::size_t threads = 16;
  };

  // kUnavailable when it cannot listen; otherwise the door knows where.
  static Result<std::unique_ptr<ServiceListener>> start(std::unique_ptr<HttpServer> front,
                                                        const Behind& behind,
                                                        const Options& options);
  ~ServiceListener();
  ServiceListener(const ServiceListener&) = delete;
  ServiceListener& operator=(const ServiceListener&) = delete;

  // The services are there: until then every call is told to come again.
  void open() { open_ = true; }

  // "http://127.0.0.1:40123"
  const std::string& url() const { return url_; }

 private:
  struct Job {
    HttpRequest request;
    Responder responder;
  };

  ServiceListener(std::unique_ptr<HttpServer> front, const Behind& behind, std::size_t threads);

  void take(const HttpRequest& request, Responder responder);
  void run(Job& job);
  Result<HttpResponse> answer(const HttpRequest& request);

  const Behind behind_;
  std::string url_;
  std::atomic<bool> open_{false};
  const std::unique_ptr<HttpServer> front_;
  WorkerPool<Job> pool_;  // Last: its threads use all of the above.
};

}  // namespace stampede::server
