// Where the events of a transport with a door come in: a listener of its own on a free port of the
// loopback, with threads of its own, so that a call between services never waits for a worker that
// waits for that call.
//
// A call is answered once its events are handled; what the handlers tell in turn is published after
// the answer, so that a saga of many steps holds two threads at a time and not one for each step.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "core/api/http_server.hpp"
#include "core/api/transport.hpp"
#include "core/server/worker_pool.hpp"

namespace stampede::server {

class EventListener {
 public:
  // `door` outlives the listener. kUnavailable when it cannot listen; otherwise the door knows
  // where.
  static Result<std::unique_ptr<EventListener>> start(std::unique_ptr<HttpServer> front,
                                                      EventDoor& door, std::size_t threads);
  ~EventListener();
  EventListener(const EventListener&) = delete;
  EventListener& operator=(const EventListener&) = delete;

  // The services are there: until then every call is told to come again.
  void open() { open_ = true; }

 private:
  struct Job {
    HttpRequest request;
    Responder responder;
  };

  EventListener(std::unique_ptr<HttpServer> front, EventDoor& door, std::size_t threads);

  void take(const HttpRequest& request, Responder responder);
  void run(Job& job);

  EventDoor& door_;
  std::atomic<bool> open_{false};
  const std::unique_ptr<HttpServer> front_;
  WorkerPool<Job> pool_;  // Last: its threads use all of the above.
};

}  // namespace stampede::server
