// Another process, as far as calls to it go: a real listener, whose answers the test scripts. A
// call may be held until the test lets it go, as that of a process that hangs.

#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/api/http_server.hpp"
#include "core/api/transport.hpp"
#include "core/calls/wire.hpp"
#include "core/http/problem.hpp"
#include "core/plugin/catalog.hpp"

namespace stampede::calls::testing {

inline saga::Areas only(saga::Area area) { return saga::Areas().set(saga::index_of(area)); }

class Neighbour {
 public:
  struct Seen {
    std::string path;
    std::string body;
    std::string timeout;
    std::string correlation;
  };
  using Script = std::function<Result<std::string>(const Seen&)>;

  Neighbour(const saga::Areas& hosts, Script script, std::uint16_t port = 0)
      : hosts_(hosts), script_(std::move(script)) {
    static plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
    front_ = std::move(*catalog.create<HttpServer>("beast"));
    HttpServerOptions options;
    options.port = port;
    options.drain_timeout = std::chrono::milliseconds(0);
    const auto started = front_->start(options, [this](const HttpRequest& request, Responder to) {
      take(request, std::move(to));
    });
    EXPECT_TRUE(started) << started.error().message;
  }
  ~Neighbour() {
    release();
    front_->stop();
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(front_->port()); }
  std::uint16_t port() const { return front_->port(); }
  std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // Calls, and questions who it is, are not answered until release(); calls are seen all the same.
  void hang() {
    const std::lock_guard lock(mutex_);
    hangs_ = true;
    hides_ = true;
  }
  // Only who it is, it does not say until release().
  void hide() {
    const std::lock_guard lock(mutex_);
    hides_ = true;
  }
  void release() {
    std::vector<Responder> held;
    {
      const std::lock_guard lock(mutex_);
      hangs_ = false;
      hides_ = false;
      held.swap(held_);
    }
  }

 private:
  void take(const HttpRequest& request, Responder to) {
    const std::lock_guard lock(mutex_);
    const bool asks_who = request.path == kServicesPath;
    if (!asks_who) {
      seen_.push_back({std::string(request.path), std::string(request.body),
                       std::string(request.header(kTimeoutHeader)),
                       std::string(request.header("X-Correlation-Id"))});
    }
    if (asks_who ? hides_ : hangs_) {
      held_.push_back(std::move(to));
      return;
    }
    HttpResponse response;
    if (asks_who) {
      response.body = encode_services(hosts_);
    } else {
      auto answer = script_(seen_.back());
      if (answer) {
        response.body = *std::move(answer);
      } else {
        const auto& problem = http::problem_for(answer.error().code);
        response.status = problem.status;
        response.body = http::problem_body(problem, answer.error().message, "");
      }
    }
    to.send(std::move(response));
  }

  const saga::Areas hosts_;
  const Script script_;
  std::mutex mutex_;
  bool hangs_ = false;
  bool hides_ = false;
  std::vector<Responder> held_;
  std::vector<Seen> seen_;
  std::unique_ptr<HttpServer> front_;  // Last: it calls the rest.
};

}  // namespace stampede::calls::testing
